"""Small tokenizers learnt from two short texts, as ``tokenizer.json`` files."""

from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

FILING = """Apple Inc.

CONSOLIDATED STATEMENTS OF OPERATIONS
(In millions, except number of shares, which are reflected in thousands, and per-share amounts)

<table>
<tr><td>Products</td><td>$ 294,866</td><td>(298,085)</td><td>—</td></tr>
</table>

Americas net sales increased 3% during 2024 — “primarily” due to higher net sales of Services.
"""
CODE = "def f(x: int) -> str:\n    return f'{x:>10,.2f}'\n\n\nclass A:\n\tpass\n"
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(path: Path, pattern: str | None) -> Path:
    """A byte-level tokenizer learnt from two short texts, with the splitting rule of Qwen or of GPT-2."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    if pattern is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        split = pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
        level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([FILING * 3, CODE * 3], trainer)
    tokenizer.save(str(path))
    return path
