"""Entity resolution of 10 K, 50 K and 200 K mentions, against comparing all pairs.

The things are made of words of names in the sample corpus, and for the larger sets of spliced ones: persons
of three words, organizations and places of two and a kind. Each is mentioned in four
documents on average, half of the time in another writing: an initial, a short form, a typing error, a legal
form, capitals. A document has forty mentions. The baseline is the Jaro-Winkler similarity of all pairs of
names by rapidfuzz on all cores, measured on the smallest set and extrapolated with the square of the number;
it only compares, and does not cluster.
"""

import gzip
import json
import math
import re
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from longweave.kg.resolve import Mention, ResolveSettings, resolve, settle
from longweave.synth.embedding import encode

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
_SIZES = (10_000, 50_000, 200_000)
_PER_THING = 4
_PER_DOCUMENT = 40
_NAME = re.compile(r"\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){1,2}\b")
_KINDS = (
    "University",
    "Group",
    "Institute",
    "Bank",
    "Railway",
    "River",
    "County",
    "Island",
    "Valley",
    "Park",
)
_PLACES = frozenset({"River", "County", "Island", "Valley", "Park"})
_ROWS = 2_000
_HEAPS = 0.7


def run() -> Iterator[dict[str, Any]]:
    """Seconds of each size, the growth of processor time between sizes, and the ratio to all pairs."""
    words = read_words()
    encode(["the model is loaded before the clock starts"])
    seconds: dict[int, float] = {}
    work: dict[int, float] = {}
    for size in _SIZES:
        mentions, things = make_mentions(grow_words(words, size), size, np.random.default_rng(size))
        started, worked = time.perf_counter(), time.process_time()
        clusters = settle(resolve(mentions, ResolveSettings(), encode))
        seconds[size], work[size] = time.perf_counter() - started, time.process_time() - worked
        yield {
            "benchmark": "resolution",
            "mentions": size,
            "seconds": round(seconds[size], 1),
            "cpu_seconds": round(work[size], 1),
            "mentions_s": round(size / seconds[size]),
            "clusters": len(set(clusters.of.values())),
            "things": len(set(things.values())),
            "pair_precision": round(_pair_precision(clusters.of, things), 4),
        }
    for small, large in pairwise(_SIZES):
        exponent = math.log(work[large] / work[small]) / math.log(large / small)
        yield {"benchmark": "resolution", "from": small, "to": large, "growth_exponent": round(exponent, 2)}
    smallest, largest = _SIZES[0], _SIZES[-1]
    all_pairs = _compare_all(
        [mention.name for mention in make_mentions(words, smallest, np.random.default_rng(smallest))[0]]
    )
    yield {
        "benchmark": "resolution",
        "all_pairs_seconds_10k": round(all_pairs, 1),
        "all_pairs_seconds_200k_extrapolated": round(all_pairs * (largest / smallest) ** 2, 1),
        "ratio_at_10k": round(all_pairs / seconds[smallest], 2),
        "ratio_at_200k": round(all_pairs * (largest / smallest) ** 2 / seconds[largest], 2),
    }


def read_words() -> list[str]:
    """The words of names in the sample corpus, sorted."""
    words: set[str] = set()
    for path in sorted(SAMPLE.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                for name in _NAME.findall(json.loads(line)["text"]):
                    words.update(name.split())
    return sorted(words)


def grow_words(words: Sequence[str], size: int) -> list[str]:
    """As many words as names of ``size`` mentions have: beyond the real ones, the beginning of one real word
    and the end of another ("Greel" + "mann"). Their number grows with the power 0.7 (Heaps' law)."""
    rng = np.random.default_rng(len(words))
    grown = dict.fromkeys(words)
    wanted = round(len(words) * max(1.0, size / _SIZES[0]) ** _HEAPS)
    while len(grown) < wanted:
        first, second = (words[int(at)] for at in rng.integers(len(words), size=2))
        grown[first[: (len(first) + 1) // 2] + second[len(second) // 2 :]] = None
    return list(grown)


def make_mentions(
    words: Sequence[str], size: int, rng: np.random.Generator
) -> tuple[list[Mention], dict[str, int]]:
    """``size`` mentions, and the thing of each mention key."""
    n_things = size // _PER_THING
    picks = rng.integers(len(words), size=(n_things, 3)).tolist()
    kinds = rng.integers(2 * len(_KINDS), size=n_things).tolist()
    things = [_name_thing([words[at] for at in pick], kind) for pick, kind in zip(picks, kinds, strict=True)]
    mentions: dict[str, Mention] = {}
    of: dict[str, int] = {}
    at = 0
    while len(mentions) < size:
        thing = int(rng.integers(n_things))
        name, type_ = things[thing]
        other = things[int(rng.integers(n_things))][0]
        mention = Mention.of(
            _rewrite(name, type_, rng), type_, f"document-{at // _PER_DOCUMENT}", f"{name} met {other}"
        )
        at += 1
        mentions[mention.key] = mention
        of[mention.key] = thing
    return list(mentions.values()), of


def _name_thing(words: Sequence[str], kind: int) -> tuple[str, str]:
    if kind >= len(_KINDS):
        return f"{words[0]} {words[1]} {words[2]}", "person"
    return f"{words[0]} {words[1]} {_KINDS[kind]}", "place" if _KINDS[kind] in _PLACES else "organization"


def _rewrite(name: str, type_: str, rng: np.random.Generator) -> str:
    """The name as another writer writes it; half of the time as it is."""
    words = name.split()
    match int(rng.integers(10)):
        case 0 if type_ == "person":
            return f"{words[0][0]}. {' '.join(words[1:])}"
        case 1 if type_ == "person":
            return words[-1]
        case 1 | 0 if type_ == "organization":
            return f"{name} Inc."
        case 2:
            at = int(rng.integers(1, len(name) - 1))
            return name[:at] + name[at + 1 :]
        case 3:
            return name.upper()
        case 4:
            return f"the {name}"
        case _:
            return name


def _pair_precision(found: Any, things: dict[str, int]) -> float:
    """Share of the mentions that are in a cluster whose first mention is of the same thing."""
    return sum(things[root] == things[key] for key, root in found.items()) / len(found)


def _compare_all(names: Sequence[str]) -> float:
    """Seconds for the similarity of every name with every name, a block of rows at a time."""
    started = time.perf_counter()
    for start in range(0, len(names), _ROWS):
        cdist(
            names[start : start + _ROWS], names, scorer=JaroWinkler.similarity, dtype=np.float32, workers=-1
        )
    return time.perf_counter() - started
