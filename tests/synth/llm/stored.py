"""Answers to put into a store; run as a program it is a process that puts some: PATH RUN FIRST COUNT."""

import asyncio
import hashlib
import json
import sys
from collections.abc import Iterable

from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store import AnswerStore

ACCOUNT = Account("judge_corpus", "judge", "Qwen/Qwen3-30B-A3B")
SPENT = Spent(requests=1, prompt=9_000, cached=8_192, completion=40, server_seconds=0.5)


def key(number: int) -> bytes:
    """The key of request ``number``."""
    return hashlib.sha256(b"request %d" % number).digest()


def response(number: int, by: str = "") -> bytes:
    """A chat completion as servers write them; ``by`` tells who asked."""
    content = f'{{"grade": "good", "why": "Statement {number} is supported – see §{number}. {by}"}}'
    message = {"role": "assistant", "content": content, "tool_calls": []}
    body = {
        "id": f"chatcmpl-{key(number).hex()[:32]}",
        "object": "chat.completion",
        "created": 1_760_000_000 + number,
        "model": ACCOUNT.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9_000, "completion_tokens": 40, "total_tokens": 9_040},
    }
    return json.dumps(body, ensure_ascii=False).encode()


def put_all(store: AnswerStore, numbers: Iterable[int], at_once: int = 16, by: str = "") -> None:
    """Put the answers to ``numbers``, and print the number of each when it is stored."""

    async def put_next(rest: Iterable[int]) -> None:
        for number in rest:
            await store.put(key(number), response(number, by), ACCOUNT, SPENT)
            if by:
                print(number, flush=True)

    async def put() -> None:
        rest = iter(numbers)
        await asyncio.gather(*(put_next(rest) for _ in range(at_once)))

    asyncio.run(put())


if __name__ == "__main__":
    path, run, first, count = sys.argv[1:]
    with AnswerStore.open(path, run) as opened:
        put_all(opened, range(int(first), int(first) + int(count)), by=run)
