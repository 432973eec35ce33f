"""The answer store with a million answers and with ten thousand: it must not slow down as it grows.

Responses are chat completions of one to four kilobytes whose text is sentences of the sample corpus. Hits
(decompression included) and misses are of one thread over random keys, puts of ``AT_ONCE`` coroutines through
the async interface, each rate the best of ``ROUNDS`` passes. The million is written by the statements of the
store in large transactions, since building it is not what is measured. Times are of the wall clock, since
several threads work.
"""

import asyncio
import gzip
import hashlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.store_schema import begin, insert_answers, open_database, pack

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "general.jsonl.gz"
SIZES = (10_000, 1_000_000)
ROUNDS = 3
READS = 20_000
PUTS = 5_000
AT_ONCE = 128
_TEXTS = 4_000
_ROWS_AT_ONCE = 10_000
_ACCOUNT = Account("judge_corpus", "judge", "Qwen/Qwen3-30B-A3B-Instruct-2507")
_SPENT = Spent(requests=1, prompt=9_000, cached=8_192, completion=400, server_seconds=2.0)


def run() -> Iterator[dict[str, Any]]:
    """Rates and megabytes for each size; ``ratio`` is the rate of the larger store over the smaller one's."""
    responses = list(_make_responses())
    small, large = (_measure(size, responses) for size in SIZES)
    for size, measured in zip(SIZES, (small, large), strict=True):
        yield {"benchmark": "answers", "answers": size} | {what: round(measured[what]) for what in measured}
    ratios = {what: round(large[what] / small[what], 2) for what in large if what.endswith("_s")}
    yield {"benchmark": "answers", "ratio": ratios}


def _make_responses() -> Iterator[bytes]:
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        sentences = [s for line in lines for s in json.loads(line)["text"].split(". ") if 40 < len(s) < 400]
    rng = random.Random(1)
    for number in range(_TEXTS):
        wanted = rng.randint(300, 3_300)
        content = ""
        while len(content) < wanted:
            content += rng.choice(sentences) + ". "
        yield json.dumps(_completion(number, content)).encode()


def _completion(number: int, content: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": content,
        "reasoning_content": None,
        "tool_calls": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop", "stop_reason": None}
    return {
        "id": f"chatcmpl-{_key(number).hex()[:32]}",
        "object": "chat.completion",
        "created": 1_760_000_000 + number,
        "model": _ACCOUNT.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": 9_000 + number,
            "completion_tokens": len(content) // 4,
            "total_tokens": 9_000 + number + len(content) // 4,
            "prompt_tokens_details": {"cached_tokens": 8_192},
        },
        "system_fingerprint": None,
    }


def _key(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def _measure(size: int, responses: list[bytes]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answers.sqlite")
        _fill(str(path), size, [pack(raw) for raw in responses])
        megabytes = path.stat().st_size / 1e6
        rng = random.Random(size)
        new = count(size)
        with AnswerStore.open(str(path), "benchmark") as store:
            present = [_key(number) for number in rng.choices(range(size), k=READS)]
            absent = [rng.randbytes(32) for _ in range(READS)]
            return {
                "hits_s": _best(READS, lambda: _read(store, present, found=READS)),
                "misses_s": _best(READS, lambda: _read(store, absent, found=0)),
                "puts_s": _best(PUTS, lambda: asyncio.run(_put(store, new, responses))),
                "response_bytes": sum(map(len, responses)) / len(responses),
                "stored_bytes": megabytes * 1e6 / size,
                "megabytes": megabytes,
            }


def _fill(path: str, size: int, bodies: list[bytes]) -> None:
    with closing(open_database(path)) as connection:
        for first in range(0, size, _ROWS_AT_ONCE):
            numbers = range(first, min(size, first + _ROWS_AT_ONCE))
            rows = [(_key(n), *_ACCOUNT, "", bodies[n % len(bodies)]) for n in numbers]
            with begin(connection):
                connection.executemany(insert_answers(1), rows)


def _best(n: int, work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return n / min(seconds)


def _read(store: AnswerStore, keys: list[bytes], found: int) -> None:
    n = sum(store.get(key) is not None for key in keys)
    if n != found:
        raise AssertionError(f"{n} answers found, {found} are there")


async def _put(store: AnswerStore, new: Iterator[int], responses: list[bytes]) -> None:
    async def put_next(numbers: Iterator[int]) -> None:
        for number in numbers:
            await store.put(_key(number), responses[number % len(responses)], _ACCOUNT, _SPENT)

    numbers = iter([next(new) for _ in range(PUTS)])
    await asyncio.gather(*(put_next(numbers) for _ in range(AT_ONCE)))
