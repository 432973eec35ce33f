"""``python -m benchmarks.gold SET BUNDLE``: one JSON line per metric of a gold set.

``--endpoint URL --model NAME`` has a model do what the set otherwise measures without one.
"""

import argparse
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.gold.server import Server

SETS = ("tables", "numeric", "filter", "triples", "code", "clusters")
ASKING_SETS = ("triples", "clusters")
"""Sets whose ``measure`` takes a ``server``."""


def main() -> None:
    """Print the metrics of one gold set; ``BUNDLE`` is a folder with corpus.jsonl.gz and gold/."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gold", description=__doc__)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--endpoint", help="base URL of an OpenAI-compatible server, or 'embedded'")
    parser.add_argument("--model", help="as the server names it")
    arguments = parser.parse_args()
    measure = import_module(f"benchmarks.gold.{arguments.set}").measure
    if (arguments.endpoint is None) != (arguments.model is None):
        parser.error("--endpoint and --model go together")
    if arguments.endpoint is not None:
        if arguments.set not in ASKING_SETS:
            parser.error(f"--endpoint goes with {', '.join(ASKING_SETS)}")
        measure = partial(measure, server=Server(arguments.endpoint, arguments.model))
    for metric in measure(arguments.bundle):
        print(metric.line(), flush=True)


if __name__ == "__main__":
    main()
