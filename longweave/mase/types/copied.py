"""Words that stand in the passages: those that a proposal copied, and those that an answer consists of."""

from collections.abc import Sequence

from longweave.synth.answers.texts import normalize_text

_SHORTEST_TOLD = 4  # shorter words may be there for the grammar alone


def stems_of(text: str) -> set[str]:
    """The words of ``text`` that tell something, without a plural s."""
    words = normalize_text(text).split()
    return {word.removesuffix("s") for word in words if len(word) >= _SHORTEST_TOLD or word.isdigit()}


def find_copied(text: str, passages: Sequence[str], words: int) -> str | None:
    """The first run of ``words`` words of ``text`` that stands in a passage, case and marks aside."""
    own = normalize_text(text).split()
    shown = [f" {normalize_text(passage)} " for passage in passages]
    for start in range(len(own) - words + 1):
        run = " ".join(own[start : start + words])
        if any(f" {run} " in passage for passage in shown):
            return run
    return None
