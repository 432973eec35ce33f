"""Tables against gold: XBRL facts in filings, and whole tables of TAT-QA, FinQA and WikiTableQuestions.

``xbrl_facts`` are macro-averaged over documents; a fact whose cell is not found counts as wrong in every
metric.

* ``cell_found``: the reading has, at the fact's table, row and cell, a number equal to the one ``shown``.
* ``value_accuracy``: that number in full units is within 0.5 % of the fact's value. Magnitudes are
  compared, because the sign of a fact is its concept's and the sign of a print is its statement's.
* ``scale_accuracy``: its power of ten is the fact's.

``cell_f1`` is positional: a cell counts where row, column and text (white space collapsed) agree with the
gold, after spans are written out into every row and column that they cover and columns without text are
dropped from both sides; averaged over tables. TAT-QA and FinQA gold is the whole table; that of
WikiTableQuestions is its records, so there our rows are those below the head that no single cell fills.
Gold whose table is not on its page (``page_table_index`` null) cannot be judged. ``column_type_accuracy``
is over all columns of the WikiTableQuestions tables: SQUALL's types are mapped to ours by
``expected_kind``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.gold.metric import Metric, read_jsonl
from longweave.tables.cells import type_cell
from longweave.tables.clean import clean_text
from longweave.tables.model import Cell, CellKind, Table, TableReading, ValueCell
from longweave.tables.read import read_tables

Fact = Mapping[str, Any]

_REFERENCE = re.compile(r"\[[^\[\]]{1,30}\]")


def measure(bundle: Path) -> Iterator[Metric]:
    """All metrics of the set ``tables`` on ``bundle``."""
    gold = bundle / "gold"
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in read_jsonl(gold / "xbrl_facts.jsonl"):
        facts[fact["doc_id"]].append(fact)
    tables = {
        name: list(read_jsonl(gold / f"{name}.jsonl"))
        for name in ("tatqa_tables", "finqa_tables", "wtq_tables")
    }
    wanted = {*facts, *(row["doc_id"] for rows in tables.values() for row in rows)}
    texts = {
        row["doc_id"]: row["text"] for row in read_jsonl(bundle / "corpus.jsonl") if row["doc_id"] in wanted
    }
    yield from _measure_facts(facts, texts)
    for name, rows in tables.items():
        yield from _measure_tables(name, rows, texts)


def _measure_facts(facts: Mapping[str, Sequence[Fact]], texts: Mapping[str, str]) -> Iterator[Metric]:
    scores: dict[str, list[float]] = {"cell_found": [], "value_accuracy": [], "scale_accuracy": []}
    for doc_id, rows in sorted(facts.items()):
        judged = [
            judge_fact(fact, index) for index in [index_values(read_tables(texts[doc_id]))] for fact in rows
        ]
        for position, metric in enumerate(scores):
            scores[metric].append(fmean(verdict[position] for verdict in judged))
    n = sum(map(len, facts.values()))
    for metric, values in scores.items():
        yield Metric("xbrl_facts", metric, fmean(values), n)


def index_values(readings: Iterable[TableReading]) -> dict[tuple[int, int, int], list[ValueCell]]:
    """Numbers by table, row and cell; those inside words last."""
    index: dict[tuple[int, int, int], list[ValueCell]] = defaultdict(list)
    for reading in readings:
        for value in (*reading.values, *reading.embedded):
            index[reading.table.index, value.cell.row, value.cell.index].append(value)
    return index


def judge_fact(
    fact: Fact, index: Mapping[tuple[int, int, int], Sequence[ValueCell]]
) -> tuple[bool, bool, bool]:
    """Whether the cell is found, its value right, its scale right."""
    shown = abs(type_cell(fact["shown"]).value or 0.0)
    for value in index.get((fact["table"], fact["row"], fact["cell"]), ()):
        printed = abs(value.typed.value or 0.0)
        if abs(printed - shown) <= 1e-9 * max(1.0, shown):
            full, true = printed * 10.0**value.unit.scale, abs(fact["value"])
            return True, abs(full - true) <= 0.005 * true, value.unit.scale == fact["scale"]
    return False, False, False


def _measure_tables(name: str, rows: Sequence[Fact], texts: Mapping[str, str]) -> Iterator[Metric]:
    scores: list[float] = []
    kinds: list[bool] = []
    for row in rows:
        index = row.get("page_table_index", 0)
        if index is None:
            continue
        reading = next((r for r in read_tables(texts[row["doc_id"]]) if r.table.index == index), None)
        whole = "header" not in row
        scores.append(
            0.0
            if reading is None
            else cell_f1(row["rows"], expand(reading.table) if whole else body(reading))
        )
        found = reading.column_kinds if reading is not None else ()
        filled = _filled_columns(row["rows"])
        for column, squall in enumerate(row.get("column_types", ())):
            place = filled.index(column) if column in filled else len(found)
            kind = found[place] if place < len(found) else "empty"
            kinds.append(kind_class(kind) == expected_kind(squall))
    yield Metric(name, "cell_f1", fmean(scores), len(scores))
    if kinds:
        yield Metric(name, "column_type_accuracy", fmean(kinds), len(kinds))


def expand(table: Table) -> list[list[str]]:
    """The table as a full grid of texts, spanning cells repeated."""
    grid: list[list[str]] = [[""] * table.n_cols for _ in table.rows]
    for number, row in enumerate(table.rows):
        for cell in row:
            for line in grid[number : number + cell.rowspan]:
                line[cell.col : cell.col + cell.colspan] = [cell.text] * cell.colspan
    return grid


def body(reading: TableReading) -> list[list[str]]:
    """The grid below the head without what is no record: blank rows, rows that one cell fills, spacer
    columns."""
    table = reading.table
    grid = expand(table)
    return [
        [grid[number][column] for column in reading.columns]
        for number, row in enumerate(table.rows)
        if number >= reading.n_header_rows and any(grid[number]) and not _is_filled_by_one(row, table.n_cols)
    ]


def _is_filled_by_one(row: Sequence[Cell], n_cols: int) -> bool:
    filled = [cell for cell in row if cell.text]
    return len(filled) == 1 and n_cols > 1 and filled[0].colspan > n_cols / 2 and len(row) <= 2


def cell_f1(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    """Positional F1 of non-empty cells after empty columns are dropped from both; 1 when both are empty."""
    ours, theirs = _positions(found), _positions(gold)
    if not ours and not theirs:
        return 1.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def _positions(grid: Sequence[Sequence[str]]) -> set[tuple[int, int, str]]:
    place = {column: number for number, column in enumerate(_filled_columns(grid))}
    return {
        (number, place[column], _normal(raw))
        for number, row in enumerate(grid)
        for column, raw in enumerate(row)
        if raw.strip()
    }


def _filled_columns(grid: Sequence[Sequence[str]]) -> list[int]:
    return sorted({column for row in grid for column, raw in enumerate(row) if raw.strip()})


def _normal(text: str) -> str:
    """White space collapsed; invisible characters and reference marks like [4], which pages leave out,
    dropped."""
    return clean_text(_REFERENCE.sub("", text))


def kind_class(kind: CellKind) -> str:
    """Our kinds as number, percent, date or text."""
    return {"number": "number", "nil": "number", "percent": "percent", "date": "date"}.get(kind, "text")


def expected_kind(squall: str) -> str:
    """SQUALL's type of a column as number, percent, date or text.

    "number(text)" is a number with a remark, "<n,text>" a list: both count as what their head or element
    is. Ranks and numbers with a unit are numbers; scores, times, ranges and places are text to us.
    """
    listed = re.match(r"<[^,>]*,\s*([^>]*)>", squall.strip())
    head = (listed[1] if listed else squall).partition("(")[0].strip()
    return {
        "number": "number",
        "rank": "number",
        "unitnum": "number",
        "percentage": "percent",
        "date": "date",
    }.get(head, "text")
