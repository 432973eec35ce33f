"""Context assembly, against what it saves: tokenising every assembled prompt.

One process assembles contexts of the recipe's mean length over the sample corpus, whose documents were cut
and counted once beforehand. The baselines do the same and then count each prompt, once with the same
tokenizer and once with a Hugging Face tokenizer of the same vocabulary. Times are of the processor, so that
other work on the machine does not count.
"""

import gzip
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import quicktok  # type: ignore[import-untyped]  # ships neither stubs nor a py.typed mark
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import Candidate, Document, Evidence, Sample, content_id
from longweave.synth.tokens import load_tokenizer

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SAMPLES = 300
RECIPE_SAMPLES = 14_100
RECIPE_TOKENS = 34_000
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_NUMBER = re.compile(r">\$? ?(\d{1,3}(?:,\d{3})+)<")


def run() -> Iterator[dict[str, Any]]:
    """One line per figure; ``ratio`` is the baseline's time over ours."""
    tokenizer = load_tokenizer()
    documents = list(_read_sample())
    start = process_time()
    cut = [(document, cut_blocks(document.text, tokenizer)) for document in documents]
    cutting = process_time() - start
    megabytes = sum(len(document.text.encode()) for document in documents) / 1e6
    yield _line("cut_blocks", "MB/s", megabytes / cutting)
    with tempfile.TemporaryDirectory() as folder:
        start = process_time()
        build_pool(cut, tokenizer, Path(folder))
        yield _line("build_pool", "MB/s", megabytes / (process_time() - start))
        pool = open_pool(Path(folder), tokenizer)
        candidates = [candidate for seed in range(SAMPLES) if (candidate := _pose(documents, pool, seed))]
        start = process_time()
        samples = [assemble(c, RECIPE_TOKENS, pool, ContextSettings(), seed=1) for c in candidates]
        seconds = process_time() - start
    prompts = [sample.prompt[0].content for sample in samples if isinstance(sample, Sample)]
    n_tokens = sum(sample.n_prompt_tokens for sample in samples if isinstance(sample, Sample))
    yield _line("assembled", "samples", len(prompts)) | {"dropped": len(samples) - len(prompts)}
    yield _line("assemble", "samples/s", len(prompts) / seconds)
    yield _line("assemble", "tokens/s", n_tokens / seconds)
    yield _line(
        "recipe of 14.1 K samples of 34 K tokens, one core",
        "minutes",
        RECIPE_SAMPLES * seconds / len(prompts) / 60,
    )
    start = process_time()
    counted = sum(map(tokenizer.count, prompts))
    again = process_time() - start
    if counted != n_tokens:
        raise AssertionError(f"{n_tokens} tokens recorded, {counted} counted")
    yield _line("assemble", "ratio", (seconds + again) / seconds) | {
        "baseline": "and count every prompt, quicktok"
    }
    slow = _load_hugging_face()
    some = prompts[: max(1, len(prompts) // 20)]
    start = process_time()
    counted = sum(len(slow.encode(prompt).ids) for prompt in some)
    again = (process_time() - start) * len(prompts) / len(some)
    if counted != sum(map(tokenizer.count, some)):
        raise AssertionError("the Hugging Face tokenizer counts otherwise")
    yield _line("assemble", "ratio", (seconds + again) / seconds) | {
        "baseline": "and count every prompt, Hugging Face tokenizers (timed on a twentieth)"
    }


def _line(what: str, metric: str, value: float) -> dict[str, Any]:
    return {"benchmark": "context", "what": what, "metric": metric, "value": round(value, 2)}


def _read_sample() -> Iterator[Document]:
    for path in sorted(SAMPLE.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield Document.model_validate(json.loads(line))


def _pose(documents: list[Document], pool: DistractorPool, seed: int) -> Candidate | None:
    """A question on two numbers in each of one to three documents with tables."""
    rng = np.random.default_rng(seed)
    with_tables = [d for d in documents if len(d.text) > 50_000 and d.text.count("<table") > 20]
    chosen = [with_tables[i] for i in rng.choice(len(with_tables), size=1 + seed % 3, replace=False)]
    evidence: list[Evidence] = []
    for document in chosen:
        cells = list(_NUMBER.finditer(document.text))
        for i in rng.integers(len(cells), size=2) if cells and document.doc_id in pool.number else ():
            evidence.append(Evidence.of(document, *cells[int(i)].span(1)))
    if {span.doc_id for span in evidence} != {document.doc_id for document in chosen}:
        return None
    return Candidate(
        sample_id=content_id("benchmark", seed),
        maker="benchmark",
        task="numerical",
        question_type="sum",
        domain="professional",
        question="What is the sum of these values, in millions of U.S. dollars?",
        answer="1",
        answer_kind="number",
        evidence=evidence,
        doc_ids=[document.doc_id for document in chosen],
        reasoning="{}",
        seed=seed,
    )


def _load_hugging_face() -> tokenizers.Tokenizer:
    """The same vocabulary in Hugging Face's library; merges are found by re-tokenising each entry."""
    encoding = quicktok.get_encoding("qwen3")
    ranks = {
        encoding.decode_single_token_bytes(rank): rank for rank in range(len(encoding.token_byte_values()))
    }
    letters = _byte_letters()
    merges = [
        pair for value, rank in ranks.items() if len(value) > 1 and (pair := _last_merge(value, rank, ranks))
    ]

    def spell(value: bytes) -> str:
        return "".join(letters[byte] for byte in value)

    model = models.BPE(
        vocab={spell(value): rank for value, rank in ranks.items()},
        merges=[(spell(left), spell(right)) for left, right in merges],
    )
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(tokenizers.Regex(_SPLIT), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    return tokenizer


def _last_merge(value: bytes, rank: int, ranks: dict[bytes, int]) -> tuple[bytes, bytes] | None:
    """The two parts that ``value`` is made of by the merges before its own."""
    parts = [value[i : i + 1] for i in range(len(value))]
    while len(parts) > 2:
        best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], rank))
        if ranks.get(parts[best] + parts[best + 1], rank) >= rank:
            return None
        parts[best : best + 2] = [parts[best] + parts[best + 1]]
    return parts[0], parts[1]


def _byte_letters() -> dict[int, str]:
    """The letters that stand for bytes in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}
