"""Words of a text as 64-bit hashes with their character spans, in numpy.

A word is a run of letters and digits; case, punctuation and white space do not count, so two copies of a
passage that were wrapped or quoted differently have the same words. ``hash_runs`` hashes every run of *n*
words: the shingles of near-duplicate removal and the n-grams of decontamination. Hashes are the same on every
machine.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]

_PIECE_CHARS = 1 << 16
_BASE = 0x9E3779B97F4A7C15
_IN_RUN = np.uint64(0xC2B2AE3D27D4EB4F)
_BMP = 1 << 16


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order: ``hashes`` and their ``[starts, ends)`` character offsets, all of one
    length."""

    hashes: Hashes
    starts: Offsets
    ends: Offsets

    def __len__(self) -> int:
        return len(self.hashes)


def hash_words(text: str) -> Words:
    """The words of ``text``; long texts are worked off in pieces that fit the cache."""
    parts: list[Words] = []
    at = 0
    while at < len(text):
        end = _end_of_piece(text, at)
        parts.append(_hash_piece(text[at:end], at))
        at = end
    if len(parts) == 1:
        return parts[0]
    return Words(
        np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.starts for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.ends for part in parts)]),
    )


def hash_runs(words: Hashes, n: int) -> Hashes:
    """One hash per run of ``n`` successive words, in order; none if there are fewer words."""
    count = len(words) - n + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    runs = words[n - 1 : n - 1 + count].copy()
    for offset in range(n - 2, -1, -1):
        runs *= _IN_RUN
        runs += words[offset : offset + count]
    return _mix(runs)


def _end_of_piece(text: str, at: int) -> int:
    """Where a piece that starts at ``at`` ends: at a blank if there is one, so that no word is cut."""
    end = at + _PIECE_CHARS
    if end >= len(text):
        return len(text)
    blank = max(text.rfind(" ", at, end), text.rfind("\n", at, end))
    return blank if blank > at else end


def _hash_piece(text: str, offset: int) -> Words:
    folded = _fold(text)
    inside = np.zeros(len(folded) + 2, dtype=np.int8)
    np.not_equal(folded, 0, out=inside[1:-1].view(np.bool_))
    edges = np.flatnonzero(np.diff(inside)).astype(np.int64)
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return Words(np.zeros(0, np.uint64), starts, ends)
    sums = np.zeros(len(folded) + 1, dtype=np.uint64)
    np.multiply(folded, _powers()[: len(folded)], out=sums[1:], dtype=np.uint64)
    np.cumsum(sums, out=sums)
    hashes = (sums[ends] - sums[starts]) * _inverse_powers()[starts]
    return Words(_mix(hashes), starts + offset, ends + offset)


def _fold(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """The lower-case code point of every letter and digit, 0 for every other character."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii").translate(_ascii_table()), dtype=np.uint8)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if int(points.max()) < _BMP:
        return _bmp_table()[points]
    return np.where(points < _BMP, _bmp_table()[np.minimum(points, _BMP - 1)], points)


def _mix(values: Hashes) -> Hashes:
    """Spread the bits of ``values`` in place (the finaliser of SplitMix64)."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


@cache
def _powers() -> Hashes:
    """``_BASE ** i`` modulo 2**64. A word's hash is a difference of prefix sums, brought back to power 0 by
    the inverse."""
    return _cumulated(_BASE)


@cache
def _inverse_powers() -> Hashes:
    return _cumulated(pow(_BASE, -1, 1 << 64))


def _cumulated(base: int) -> Hashes:
    factors = np.full(_PIECE_CHARS, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


@cache
def _bmp_table() -> NDArray[np.uint32]:
    return np.array([_fold_character(chr(point)) for point in range(_BMP)], dtype=np.uint32)


@cache
def _ascii_table() -> bytes:
    return bytes(_fold_character(chr(byte)) if byte < 128 else 0 for byte in range(256))


def _fold_character(character: str) -> int:
    return ord(character.lower()[0]) if character.isalnum() else 0
