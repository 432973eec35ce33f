"""What a run did not check, in plain sentences, from the figures of its samples."""

from collections.abc import Collection, Mapping, Sequence

from longweave.synth.records import TrialKind
from longweave.verify.report.charts import shorten, spaced
from longweave.verify.report.gather import SampleFigures
from longweave.verify.report.inputs import SpendingLine
from longweave.verify.report.trials import KIND_NAMES, TrialFigures

_TEXT = 160
_MOST = 40

_ASKED: Mapping[TrialKind, str] = {
    "closed_book": "asked without documents, so that an answer known by heart would show",
    "needed_only": "asked with the needed documents alone, so that a question without an answer would show",
    "without_document": "asked with a needed document left out, so that one that is not needed would show",
    "context": "asked in a long context",
    "policy": "put to the policy to be trained: difficulty is not known",
}
assert _ASKED.keys() == KIND_NAMES.keys()
_OF_SEVERAL: Collection[TrialKind] = ("needed_only", "without_document")


def list_unchecked(
    samples: SampleFigures, trials: TrialFigures, spending: Sequence[SpendingLine]
) -> list[str]:
    """One sentence for each thing that was not checked; none when all was."""
    n, said = samples.n_samples, []
    for kind, asked in _ASKED.items():
        several = kind in _OF_SEVERAL
        due = samples.n_multi_document if several else n
        if samples.tried[kind] < due:
            of = "samples that need several documents" if several else "samples"
            said.append(f"{_were_not(due - samples.tried[kind], due, of)} {asked}.")
    for name, count in sorted(samples.not_asked.items(), key=lambda e: (-e[1], e[0])):
        why = shorten(samples.why_not[name].removeprefix("not asked: "), _TEXT).rstrip(".")
        because = f", for example because of: {why}" if why else ""
        said.append(f"{_were_not(count, n)} asked for the check “{_name(name)}”{because}.")
    for name, count in sorted(samples.checked.items()):
        if count < n and name not in samples.not_asked and not name.startswith("proof:"):
            said.append(f"{_were_not(n - count, n)} put to the check “{_name(name)}”.")
    for name, count in sorted(samples.failed.items()):
        if count:
            said.append(
                f"{count:,} of {n:,} samples were kept though the check “{_name(name)}” did not hold."
            )
    unjudged = sum(tally.unjudged for tally in trials.by_kind.values())
    if unjudged:
        answers = unjudged + sum(tally.n for tally in trials.by_kind.values())
        said.append(f"{unjudged:,} of {answers:,} answers could not be judged; they count for nothing.")
    unpriced = sorted({line.model for line in spending if line.money is None})
    if unpriced:
        said.append(f"What {_enumerate(unpriced)} cost is not known: no price was given.")
    return said[:_MOST]


def _were_not(count: int, n: int, of: str = "samples") -> str:
    if count == n:
        return f"None of the {n:,} {of} was"
    return f"{count:,} of {n:,} {of} {'was' if count == 1 else 'were'} not"


def _name(name: str) -> str:
    return shorten(spaced(name), _TEXT)


def _enumerate(names: Sequence[str]) -> str:
    shown = [shorten(name, _TEXT) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
