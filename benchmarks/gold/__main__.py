"""``python -m benchmarks.gold {tables,numeric,filter} BUNDLE``: one JSON line per metric."""

import argparse
from importlib import import_module
from pathlib import Path

SETS = ("tables", "numeric", "filter")


def main() -> None:
    """Print the metrics of one gold set; ``BUNDLE`` is a folder with corpus.jsonl.gz and gold/."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gold", description=__doc__)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("bundle", type=Path)
    arguments = parser.parse_args()
    for metric in import_module(f"benchmarks.gold.{arguments.set}").measure(arguments.bundle):
        print(metric.line(), flush=True)


if __name__ == "__main__":
    main()
