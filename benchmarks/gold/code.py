"""Code against gold: definitions, imports, inheritance and calls that the standard ``ast`` module reads.

Micro-averaged F1 over all code documents of the bundle; a document that cannot be read counts with all its
labels as missed.

* ``definitions_f1``: a definition is right with its kind, qualified name, lines and parameters.
* ``imports_f1``: one statement, with the module and all names that it imports.
* ``inheritance_f1``: (class, base as written).
* ``calls_f1``: (function, name called).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.gold.metric import Metric, read_jsonl
from longweave.kg.code.model import Module
from longweave.kg.code.read import read_module
from longweave.synth.records import Document

Facts = dict[str, Counter[tuple[object, ...]]]
_METRICS = ("definitions", "imports", "inheritance", "calls")


def measure(bundle: Path) -> Iterator[Metric]:
    """All metrics of the set ``code`` on ``bundle``."""
    gold = {row["doc_id"]: row for row in read_jsonl(bundle / "gold" / "code_symbols.jsonl")}
    right: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row in read_jsonl(bundle / "corpus.jsonl"):
        if row["doc_id"] not in gold:
            continue
        theirs = read_gold(gold[row["doc_id"]])
        ours = read_facts(row)
        for name in _METRICS:
            right[name] += (theirs[name] & ours[name]).total()
            stated[name] += theirs[name].total()
            found[name] += ours[name].total()
    for name in _METRICS:
        f1 = 2 * right[name] / max(1, stated[name] + found[name])
        yield Metric("code_symbols", f"{name}_f1", f1, stated[name])


def read_gold(row: Mapping[str, Any]) -> Facts:
    """The labels of one document."""
    definitions = row["definitions"]
    return {
        "definitions": Counter(
            (d["kind"], d["qualname"], d["line"], d["end_line"], tuple(d.get("args", ())))
            for d in definitions
        ),
        "imports": Counter(split_import(line) for line in row["imports"]),
        "inheritance": Counter((d["qualname"], base) for d in definitions for base in d.get("bases", ())),
        "calls": Counter(
            (d["qualname"], d["line"], call) for d in definitions for call in d.get("calls", ())
        ),
    }


def read_facts(row: Mapping[str, Any]) -> Facts:
    """What is read from one document; nothing where it cannot be read."""
    known = {key: row[key] for key in ("doc_id", "title", "text", "domain", "source", "license")}
    module = read_module(Document(**known))
    if not isinstance(module, Module):
        return {name: Counter() for name in _METRICS}
    definitions = module.definitions
    return {
        "definitions": Counter(
            (
                "class" if d.kind == "class" else "function",
                d.qualname,
                d.line,
                d.end_line,
                tuple(p.name for p in d.parameters if p.kind in ("positional", "keyword")),
            )
            for d in definitions
        ),
        "imports": Counter(split_import(line) for line in module.imports),
        "inheritance": Counter((d.qualname, base.text) for d in definitions for base in d.bases),
        "calls": Counter((d.qualname, d.line, c.name) for d in definitions for c in d.calls if c.name),
    }


def split_import(line: str) -> tuple[object, ...]:
    """``module:name,name`` as the module and the set of its names, whose order does not count."""
    module, _, names = line.partition(":")
    return module, frozenset(names.split(","))
