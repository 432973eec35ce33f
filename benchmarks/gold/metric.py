"""The one line a gold benchmark prints per metric, and how bundles are read."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """``value`` of ``metric`` on the gold set ``set`` over ``n`` labels."""

    set: str
    metric: str
    value: float
    n: int

    def line(self) -> str:
        """One JSON line, the value rounded to four digits."""
        return json.dumps(asdict(self) | {"value": round(self.value, 4)})


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file; ``path`` may be missing its ``.gz``."""
    if not path.exists() and path.with_name(path.name + ".gz").exists():
        path = path.with_name(path.name + ".gz")
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for line in lines:
            yield json.loads(line)
