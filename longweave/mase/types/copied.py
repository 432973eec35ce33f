"""Words that a proposal took over from the passages instead of making them new."""

from collections.abc import Sequence

from longweave.synth.answers.texts import normalize_text


def find_copied(text: str, passages: Sequence[str], words: int) -> str | None:
    """The first run of ``words`` words of ``text`` that stands in a passage, case and marks aside."""
    own = normalize_text(text).split()
    shown = [f" {normalize_text(passage)} " for passage in passages]
    for start in range(len(own) - words + 1):
        run = " ".join(own[start : start + words])
        if any(f" {run} " in passage for passage in shown):
            return run
    return None
