"""The same number of samples of every difficulty, in every group (L1.5, arXiv 2512.12967).

In: entries with the policy's pass rate. Out: which stay, which do not and why, and what bins had too few.
The bins have equal width over pass@k, 0 to 1; a group is a maker and task by default. Which samples of a
full bin stay is drawn by their ids, so that the order they come in changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from longweave.verify.entries import Entry, LeftOut, Shortfall, draw
from longweave.verify.pass_rate import pass_at_k
from longweave.verify.selection_settings import BalanceSettings


@dataclass(frozen=True, slots=True)
class Balanced:
    """``kept`` and ``left_out`` together hold every entry given, each in its order."""

    kept: list[Entry]
    left_out: list[LeftOut]
    shortfalls: list[Shortfall]


def balance(entries: Iterable[Entry], settings: BalanceSettings, seed: int) -> Balanced:
    """Evens out the bins of each group at ``settings.per_bin``, or at the largest number that at least half
    of the bins that hold any have: what is balanced stays as it is when it is balanced again.

    A bin that no number of passes out of the tries can fall into lacks nothing. Reasons of ``left_out`` are
    ``all_solved``, ``never_solved``, ``unmeasured`` and ``bin_full``.
    """
    listed = list(entries)
    reasons = {entry.sample_id: reject for entry in listed if (reject := _reject(entry, settings))}
    groups: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in listed:
        if entry.sample_id not in reasons and entry.pass_rate is not None:
            groups[tuple(entry.value(field) for field in settings.group_by)].append(entry)
    shortfalls: list[Shortfall] = []
    for name, group in sorted(groups.items()):
        label = ", ".join(name) or "all samples"
        full, lacking = _even_out(label, group, settings, seed)
        reasons |= {reject.sample_id: reject for reject in full}
        shortfalls += lacking
    return Balanced(
        kept=[entry for entry in listed if entry.sample_id not in reasons],
        left_out=[reasons[entry.sample_id] for entry in listed if entry.sample_id in reasons],
        shortfalls=shortfalls,
    )


def bin_of(solved: float, bins: int) -> int:
    """0 for the hardest; a pass@k of 1 is in the last bin. Those that a sum of thirds or tenths missed by
    a rounding error count as what they are."""
    return min(int(solved * bins + 1e-9), bins - 1)


def _reject(entry: Entry, settings: BalanceSettings) -> LeftOut | None:
    if entry.pass_rate is None:
        if settings.unmeasured == "keep":
            return None
        return LeftOut(entry.sample_id, "unmeasured", "the policy's pass rate is not known")
    if entry.pass_rate >= 1 and settings.all_solved == "drop":
        return LeftOut(entry.sample_id, "all_solved", "the policy solved it every time")
    if entry.pass_rate <= 0 and settings.never_solved == "drop":
        return LeftOut(entry.sample_id, "never_solved", "the policy never solved it")
    return None


def _even_out(
    group: str, entries: Sequence[Entry], settings: BalanceSettings, seed: int
) -> tuple[list[LeftOut], list[Shortfall]]:
    binned: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        solved = entry.pass_at(settings.k)
        assert solved is not None
        binned[bin_of(solved, settings.bins)].append(entry)
    reachable = sorted(_reachable_bins(entries, settings) | set(binned))
    counts = sorted((len(binned[number]) for number in binned), reverse=True)
    wanted = settings.per_bin or counts[(len(counts) - 1) // 2]
    full: list[LeftOut] = []
    lacking: list[Shortfall] = []
    for number in reachable:
        drawn = sorted(
            binned[number], key=lambda entry: (draw(seed, "bin", entry.sample_id), entry.sample_id)
        )
        label = f"pass@{settings.k} {_label(number, settings.bins)}"
        detail = f"{group}: {label} holds {len(drawn)}, of which {wanted} are taken"
        full += [LeftOut(entry.sample_id, "bin_full", detail) for entry in drawn[wanted:]]
        if len(drawn) < wanted:
            why = f"{group}: {wanted} samples of {label} were wanted, and there are {len(drawn)}."
            lacking.append(Shortfall(f"{group}: {label}", wanted, len(drawn), why))
    return full, lacking


def _reachable_bins(entries: Sequence[Entry], settings: BalanceSettings) -> set[int]:
    """The bins that some number of passes out of the tries made falls into and that are not excluded."""
    tries = {sum(rate.n for rate in entry.rates) for entry in entries} - {0}
    if not tries:
        return set(range(settings.bins))
    least = 0 if settings.never_solved == "keep" else 1
    return {
        bin_of(pass_at_k(n, passes, min(settings.k, n)), settings.bins)
        for n in tries
        for passes in range(least, n + (settings.all_solved == "keep"))
    }


def _label(number: int, bins: int) -> str:
    return f"{number / bins:.3g} to {(number + 1) / bins:.3g}"
