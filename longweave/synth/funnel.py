"""The books of a run: how many records each stage took in, kept and dropped, and why.

``funnel.json`` holds the stages in their order and, apart from them, what they have cost over all attempts:
the ``seconds`` of each stage and what it asked of ``models``. Counts are the same for the same settings,
documents and answers; the cost is the one thing in a run that is not, and no comparison of runs may look at
it. A run that is killed loses the seconds of the stage it was in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from longweave.synth.errors import RunError
from longweave.synth.files import join_path, path_exists, read_json, write_json

FUNNEL_FILE = "funnel.json"


@dataclass(frozen=True, slots=True)
class Counts:
    """Records of a stage, or of one shard of it. ``rows`` are those of the output files (a record may give
    several, or none), ``tokens`` the sum of the stage's token column."""

    n_in: int = 0
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    tokens: int = 0

    @property
    def n_dropped(self) -> int:
        """How many records were dropped, for any reason."""
        return sum(self.dropped.values())

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON values, reasons by falling count."""
        reasons = sorted(self.dropped.items(), key=lambda pair: (-pair[1], pair[0]))
        return {
            "in": self.n_in,
            "kept": self.kept,
            "dropped": dict(reasons),
            "rows": self.rows,
            "tokens": self.tokens,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The counts that ``to_json`` gave."""
        return cls(values["in"], values["kept"], values["dropped"], values["rows"], values["tokens"])


def add_counts(parts: Iterable[Counts]) -> Counts:
    """The sum of ``parts``."""
    n_in = kept = rows = tokens = 0
    dropped: Counter[str] = Counter()
    for part in parts:
        n_in, kept, rows, tokens = n_in + part.n_in, kept + part.kept, rows + part.rows, tokens + part.tokens
        dropped.update(part.dropped)
    return Counts(n_in, kept, dict(dropped), rows, tokens)


def check_balance(counts: Counts, where: str) -> None:
    """``in = kept + dropped``, or the run ends.

    Raises:
        RunError: It does not balance.
    """
    if counts.n_in != counts.kept + counts.n_dropped:
        raise RunError(
            f"the books do not balance: {counts.n_in} in, {counts.kept} kept, {counts.n_dropped} dropped",
            where=where,
            fix="This is a fault of the stage: please report it.",
        )


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts and seconds by stage, in the order in which they first ended; ``models`` is what model calls
    have used, a line per stage, role and model (see ``llm.spending``)."""

    stages: Mapping[str, Counts] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    models: Sequence[Mapping[str, Any]] = field(default_factory=list)

    def with_stage(self, stage: str, counts: Counts, seconds: float) -> "Funnel":
        """The funnel with ``counts`` for ``stage``; ``seconds`` are added to those it had."""
        spent = {**self.seconds, stage: round(self.seconds.get(stage, 0.0) + seconds, 2)}
        return replace(self, stages={**self.stages, stage: counts}, seconds=spent)

    def with_models(self, lines: Sequence[Mapping[str, Any]]) -> "Funnel":
        """The funnel with ``lines`` for what model calls have used."""
        return replace(self, models=lines)


def read_funnel(run: str) -> Funnel:
    """The funnel of the run at ``run``; empty when no stage has ended."""
    path = join_path(run, FUNNEL_FILE)
    if not path_exists(path):
        return Funnel()
    values = read_json(path)
    stages = {row["stage"]: Counts.from_json(row) for row in values["stages"]}
    return Funnel(stages, values["seconds"], values["models"])


def write_funnel(run: str, funnel: Funnel) -> None:
    """Write ``funnel`` to the run at ``run``."""
    stages = [{"stage": name, **counts.to_json()} for name, counts in funnel.stages.items()]
    book = {"stages": stages, "seconds": dict(funnel.seconds), "models": list(funnel.models)}
    write_json(join_path(run, FUNNEL_FILE), book)
