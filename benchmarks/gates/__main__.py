"""``python -m benchmarks.gates``: one JSON line per kind of fault and one for the good samples.

Exit code 1 if a target is missed.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.gates.run import Size, measure, run_benchmark


def main() -> int:
    """Run the benchmark and print its lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--good", type=int, default=Size.good, help="good samples")
    parser.add_argument(
        "--planted", type=int, default=Size.planted, help="samples with a fault, of each kind"
    )
    parser.add_argument("--keep", type=Path, help="folder for the run, which is removed otherwise")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = chosen.keep or Path(folder, "run")
        outcome = run_benchmark(str(out), Size(chosen.good, chosen.planted), chosen.seed)
        lines = list(measure(outcome))
    for line in lines:
        print(json.dumps(line, ensure_ascii=False), flush=True)
    return 0 if all(line["met"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
