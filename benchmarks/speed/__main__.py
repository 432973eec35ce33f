"""``python -m benchmarks.speed [NAME …]`` with names of ``BENCHMARKS``; by default all."""

import argparse
import json
from importlib import import_module

BENCHMARKS = (
    "tables",
    "dedup",
    "context",
    "memory",
    "selection",
    "answers",
    "client",
    "evolve",
    "paths",
    "resolution",
)


def main() -> None:
    """Run the named benchmarks on the sample corpus and print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    for name in parser.parse_args().names or BENCHMARKS:
        for line in import_module(f"benchmarks.speed.{name}").run():
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
