"""Entity clusters against gold: B-cubed F1 of our resolution and of exact-name merging, in the same run.

Items that are one thing in the gold should be in one cluster.

* ``er_clusters``: records (each ``set`` by itself, and all items pooled); the name of a record is its title
  or what else is called like one, the other fields are its fields.
* ``np_canonical``: the noun phrases of open triples that have a gold entity, one item for each occurrence;
  the triple and its sentence are the context. Every triple is a document, and types are unknown.
* ``gum_entities``: one item for each (document, cluster) with a Wikipedia identity, which is the gold. The
  item's name is its most informative one: the longest all of whose content words are capitalised, if any.
* ``redocred``: one item for each document and name of an entity. Names meet only within their document, as
  the gold does not say which entities of two documents are the same.

``b3_f1_exact`` merges equal names (case folded), across all that may meet. ``b3_f1`` has no model: strings
and embeddings alone. ``b3_f1_model`` lets a model decide the doubtful pairs.
"""

import asyncio
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gold.metric import Metric, read_jsonl
from benchmarks.gold.server import Server, open_asker
from longweave.kg.resolve import (
    Mention,
    Resolution,
    ResolveSettings,
    decide_pairs,
    open_pairs,
    resolve,
    settle,
)
from longweave.synth.embedding import encode

Row = Mapping[str, Any]

_TITLES = ("title", "name", "song_name", "beer_name", "product_name")
_GUM_TYPES = {
    "person": "person",
    "organization": "organization",
    "place": "place",
    "event": "event",
    "time": "date",
    "substance": "substance",
    "animal": "organism",
    "plant": "organism",
    "object": "product",
    "abstract": "concept",
    "quantity": "number",
}
_DOCRED_TYPES = {
    "PER": "person",
    "ORG": "organization",
    "LOC": "place",
    "TIME": "date",
    "NUM": "number",
    "MISC": "",
}
_PRONOUNS = re.compile(
    r"(?:(?:i|you|he|she|it|we|they|me|him|her|us|them|my|your|his|its|our|their|this|that|these|those|who|which"
    r"|there|here|\w+self|\w+selves)\W*)*"
)
_SMALL = frozenset({"a", "an", "the", "of", "in", "on", "at", "for", "and", "to", "de", "la", "von", "s"})
_AROUND = 100


@dataclass(frozen=True, slots=True)
class Item:
    """A mention and its gold cluster. Only items of one ``pool`` may meet."""

    pool: str
    mention: Mention
    gold: str


def measure(bundle: Path, server: Server | None = None) -> Iterator[Metric]:
    """All metrics of the set ``clusters`` on ``bundle``; those with a model if there is a ``server``."""
    for name, items in read_sets(bundle):
        yield Metric(name, "b3_f1_exact", b3_f1(items, merge_exact(items)), len(items))
        pools = resolve_pools(items)
        yield Metric(name, "b3_f1", b3_f1(items, find_clusters(items, pools)), len(items))
        if server is not None:
            same = asyncio.run(ask_model(pools.values(), server))
            yield Metric(name, "b3_f1_model", b3_f1(items, find_clusters(items, pools, same)), len(items))


def read_sets(bundle: Path) -> Iterator[tuple[str, list[Item]]]:
    """The items of each set; ``er_clusters`` as a whole and each of its sets, if there are several."""
    gold = bundle / "gold"
    records = list(read_records(read_jsonl(gold / "er_clusters.jsonl")))
    pools = sorted({item.pool for item in records})
    yield "er_clusters", records
    if len(pools) > 1:
        for pool in pools:
            yield f"er_clusters/{pool}", [item for item in records if item.pool == pool]
    yield "np_canonical", list(read_phrases(read_jsonl(gold / "np_canonical.jsonl")))
    rows = list(read_jsonl(gold / "gum_entities.jsonl"))
    wanted = {row["doc_id"] for row in rows}
    texts = {
        row["doc_id"]: row["text"] for row in read_jsonl(bundle / "corpus.jsonl") if row["doc_id"] in wanted
    }
    yield "gum_entities", list(read_gum(rows, texts))
    yield "redocred", list(read_docred(read_jsonl(gold / "redocred.jsonl")))


def merge_exact(items: Sequence[Item]) -> list[Hashable]:
    """The cluster of each item when equal names are one thing."""
    return [(item.pool, item.mention.name.casefold()) for item in items]


def resolve_pools(items: Sequence[Item]) -> dict[str, Resolution]:
    """What ``resolve`` finds in each pool."""
    pools: dict[str, list[Mention]] = defaultdict(list)
    for item in items:
        pools[item.pool].append(item.mention)
    return {pool: resolve(mentions, ResolveSettings(), encode) for pool, mentions in sorted(pools.items())}


def find_clusters(
    items: Sequence[Item],
    pools: Mapping[str, Resolution],
    same: Collection[tuple[str, str]] | None = None,
) -> list[Hashable]:
    """The cluster of each item; ``same`` are the doubtful pairs that a model takes for one thing."""
    of = {pool: settle(resolution, same).of for pool, resolution in pools.items()}
    return [(item.pool, of[item.pool][item.mention.key]) for item in items]


async def ask_model(pools: Iterable[Resolution], server: Server) -> frozenset[tuple[str, str]]:
    """The doubtful pairs of all pools that the model takes for one thing."""
    pairs = [pair for resolution in pools for pair in open_pairs(resolution)]
    async with open_asker(server) as asker:
        decided = await decide_pairs(pairs, asker, ResolveSettings(), seed=0)
    print(f"asked about {len(pairs)} pairs, {len(decided.undecided)} undecided", file=sys.stderr)
    return decided.same


def b3_f1(items: Sequence[Item], found: Sequence[Hashable]) -> float:
    """Harmonic mean of B-cubed precision and recall over ``items`` (Bagga and Baldwin, 1998)."""
    gold = [(item.pool, item.gold) for item in items]
    both = Counter(zip(gold, found, strict=True))
    ours, theirs = Counter(found), Counter(gold)
    precision = sum(n * n / ours[cluster] for (_, cluster), n in both.items()) / len(items)
    recall = sum(n * n / theirs[cluster] for (cluster, _), n in both.items()) / len(items)
    return 2 * precision * recall / (precision + recall)


def read_records(rows: Iterable[Row]) -> Iterator[Item]:
    """Records: the name is the first field that is called like a title, or else the longest."""
    for row in rows:
        fields: dict[str, str] = row["fields"]
        named = next((name for name in _TITLES if fields.get(name)), None)
        title = named or max(sorted(fields), key=lambda name: len(fields[name]))
        rest = {name: text for name, text in fields.items() if name != title and text}
        mention = Mention(
            row["record_id"], fields[title], "work", row["record_id"], " ".join(rest.values()), rest
        )
        yield Item(row["set"], mention, row["cluster"])


def read_phrases(rows: Iterable[Row]) -> Iterator[Item]:
    """Noun phrases of open triples."""
    for row in rows:
        subject, relation, object_ = row["triple"]
        context = f"{subject} {relation} {object_}. {' '.join(row['sentences'])}"[:400]
        for slot, name in (("subject", subject), ("object", object_)):
            gold = row.get(f"{slot}_entity")
            if gold and gold != "NULL":
                key = f"{row['id']}/{slot}"
                yield Item(row["set"], Mention(key, name, "", row["id"], context), gold)


def read_gum(rows: Iterable[Row], texts: Mapping[str, str]) -> Iterator[Item]:
    """Clusters with a Wikipedia identity."""
    for row in rows:
        text = texts.get(row["doc_id"], "")
        for cluster in row["clusters"]:
            if cluster["wikipedia"]:
                named = max(cluster["mentions"], key=lambda mention: _informative(mention["text"]))
                context = text[max(0, named["start"] - _AROUND) : named["end"] + _AROUND]
                mention = Mention(
                    f"{row['doc_id']}/{cluster['cluster']}",
                    named["text"],
                    _GUM_TYPES.get(cluster["type"], ""),
                    row["doc_id"],
                    " ".join(context.split()),
                )
                yield Item("gum", mention, cluster["wikipedia"])


def _informative(name: str) -> tuple[bool, bool, int, int]:
    """Ranks names: those with capitals only, then with some, the longer the better; pronouns last."""
    words = re.findall(r"\w+", name)
    content = [word for word in words if word.casefold() not in _SMALL]
    is_pronoun = bool(_PRONOUNS.fullmatch(name.casefold()))
    capital = [word[0].isupper() or word[0].isdigit() for word in content]
    is_proper = bool(capital) and all(capital)
    return (not is_pronoun, is_proper, len(content) if is_proper else sum(capital), -len(name))


def read_docred(rows: Iterable[Row]) -> Iterator[Item]:
    """Names of entities; each document is a pool."""
    for row in rows:
        for number, entity in enumerate(row["entities"]):
            for name in sorted(set(entity["names"])):
                kind = _DOCRED_TYPES.get(entity["type"], "")
                key = f"{row['doc_id']}/{number}/{name}"
                yield Item(row["doc_id"], Mention(key, name, kind, row["doc_id"]), f"{number}")
