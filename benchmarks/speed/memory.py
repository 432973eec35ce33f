"""Peak memory of reading, filtering and removing duplicates: the sample corpus against one ten times larger.

Each corpus is worked off in a process of its own, so that its peak is its own. The larger one is made of the
sample, with a number after every fourth word so that its documents are no copies of each other.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from longweave.corpus import (
    DuplicateSettings,
    FilterSettings,
    ReadLimits,
    Rejected,
    Signature,
    SourceSettings,
    filter_document,
    find_duplicates,
    read_source,
    sign,
)

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
_TIMES = 10
_FOUR_WORDS = re.compile(r"((?:[^\s<>|]+ ){4})")


def run() -> Iterator[dict[str, Any]]:
    """Peak resident megabytes of both and their ratio; flat memory is a ratio of little more than 1."""
    with tempfile.TemporaryDirectory() as folder:
        sample = _measure(_write(Path(folder, "sample.jsonl"), times=1))
        ten_times = _measure(_write(Path(folder, "larger.jsonl"), times=_TIMES))
    yield {
        "benchmark": "memory",
        "sample_documents": sample["documents"],
        "larger_documents": ten_times["documents"],
        "sample_peak_mb": sample["peak_mb"],
        "larger_peak_mb": ten_times["peak_mb"],
        "ratio": round(ten_times["peak_mb"] / sample["peak_mb"], 2),
    }


def _write(path: Path, times: int) -> Path:
    source = SourceSettings(name="sample", format="jsonl", paths=(str(SAMPLE / "*.jsonl.gz"),))
    with path.open("w", encoding="utf-8") as out:
        for number in range(times):
            for document in read_source(source, ReadLimits(), len, {}):
                if isinstance(document, Rejected):
                    continue
                row = document.model_dump()
                row["doc_id"] = f"{document.doc_id}~{number}"
                row["text"] = _FOUR_WORDS.sub(rf"\g<1>{number} ", document.text) if number else document.text
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _measure(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.memory", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _work(path: str) -> None:
    source = SourceSettings(name="corpus", format="jsonl", paths=(path,))
    signed: list[Signature] = []
    for document in read_source(source, ReadLimits(), len, {}):
        if not isinstance(document, Rejected) and filter_document(document, FilterSettings()) is None:
            signed.append(sign(document, DuplicateSettings()))
    with open(path, "rb") as rows:
        lines: dict[str, int] = {}
        at = 0
        for line in rows:
            lines[json.loads(line)["doc_id"]] = at
            at += len(line)

        def fetch(doc_id: str) -> str:
            rows.seek(lines[doc_id])
            text: str = json.loads(rows.readline())["text"]
            return text

        found = find_duplicates(signed, fetch, DuplicateSettings())
    print(json.dumps({"documents": len(signed), "duplicates": len(found.of), "peak_mb": round(peak_mb(), 1)}))


def peak_mb() -> float:
    """Peak memory of this program alone. ``ru_maxrss`` would include that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"), re.MULTILINE)
        if peak is not None:
            return int(peak[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform != "darwin" else 1e6)


if __name__ == "__main__":
    _work(sys.argv[1])
