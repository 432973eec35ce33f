"""How many samples of each task, question type, domain, maker and length are selected.

In: entries, quotas and a size. Out: a selection that is over no maximum, comes up to every minimum as far as
the greedy choice finds samples for it, and says in a sentence which minimum it misses and why.

Shares are of the samples selected, so a maximum share can hold the whole selection down: a set with at most
a tenth of one task needs nine times as much of the others. Samples are taken in an order drawn from their
ids, first those that minima need, the scarcest first, then all that fit. Selecting from a selection gives
that selection.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from longweave.verify.entries import Entry, LeftOut, Shortfall, draw
from longweave.verify.selection_settings import QuotaSettings

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Selected:
    """``kept`` and ``left_out`` together hold every entry given, each in its order."""

    kept: list[Entry]
    left_out: list[LeftOut]
    shortfalls: list[Shortfall]


@dataclass(frozen=True, slots=True)
class _Bound:
    """A quota as numbers of samples, for a selection of a given size."""

    quota: QuotaSettings
    least: int
    most: int


def fill_quotas(
    entries: Iterable[Entry], quotas: Sequence[QuotaSettings], size: int | None, seed: int
) -> Selected:
    """At most ``size`` entries. Reasons of ``left_out`` are ``quota_full`` and ``size_reached``."""
    listed = list(entries)
    drawn = sorted(listed, key=lambda entry: (draw(seed, "quota", entry.sample_id), entry.sample_id))
    members = [_members(entry, quotas) for entry in drawn]
    total = len(listed) if size is None else min(size, len(listed))
    while True:
        bounds = [_bound(quota, total) for quota in quotas]
        taken = _take(members, bounds, total)
        if len(taken) == total:
            break
        total = len(taken)
    kept = {drawn[row].sample_id for row in taken}
    return Selected(
        kept=[entry for entry in listed if entry.sample_id in kept],
        left_out=_explain(drawn, members, bounds, taken, listed),
        shortfalls=_find_shortfalls(drawn, members, bounds, taken, size),
    )


def _members(entry: Entry, quotas: Sequence[QuotaSettings]) -> tuple[int, ...]:
    """The quotas that count ``entry``."""
    return tuple(number for number, quota in enumerate(quotas) if entry.value(quota.by) == quota.value)


def _bound(quota: QuotaSettings, total: int) -> _Bound:
    most = floor(quota.max_share * total + _ROUNDING)
    if quota.max_count is not None:
        most = min(most, quota.max_count)
    least = max(quota.min_count, ceil(quota.min_share * total - _ROUNDING))
    return _Bound(quota, least, most)


def _take(members: Sequence[tuple[int, ...]], bounds: Sequence[_Bound], total: int) -> set[int]:
    """The rows taken, of ``members`` in the order drawn."""
    taken: set[int] = set()
    counts: Counter[int] = Counter()

    def take(row: int) -> None:
        if len(taken) < total and all(counts[number] < bounds[number].most for number in members[row]):
            taken.add(row)
            counts.update(members[row])

    available = Counter(number for own in members for number in own)
    wanting = [number for number, bound in enumerate(bounds) if bound.least]
    for wanted in sorted(wanting, key=lambda number: (available[number] - bounds[number].least, number)):
        candidates = [row for row, own in enumerate(members) if wanted in own and row not in taken]
        candidates.sort(key=lambda row: -sum(bounds[number].least > 0 for number in members[row]))
        for row in candidates:
            if counts[wanted] >= bounds[wanted].least:
                break
            take(row)
    for row in range(len(members)):
        if row not in taken:
            take(row)
    return taken


def _explain(
    drawn: Sequence[Entry],
    members: Sequence[tuple[int, ...]],
    bounds: Sequence[_Bound],
    taken: set[int],
    listed: Sequence[Entry],
) -> list[LeftOut]:
    counts = Counter(number for row in taken for number in members[row])
    rejects: dict[str, LeftOut] = {}
    for row, entry in enumerate(drawn):
        if row in taken:
            continue
        full = _first_full(members[row], bounds, counts)
        if full is None:
            rejects[entry.sample_id] = LeftOut(entry.sample_id, "size_reached", f"{len(taken)} are selected")
        else:
            detail = f"{_name(full.quota)} may have {full.most} of {len(taken)}"
            rejects[entry.sample_id] = LeftOut(entry.sample_id, "quota_full", detail)
    return [rejects[entry.sample_id] for entry in listed if entry.sample_id in rejects]


def _find_shortfalls(
    drawn: Sequence[Entry],
    members: Sequence[tuple[int, ...]],
    bounds: Sequence[_Bound],
    taken: set[int],
    size: int | None,
) -> list[Shortfall]:
    """One for each minimum that is missed, and one where maxima hold the selection below its size."""
    counts = Counter(number for row in taken for number in members[row])
    found: list[Shortfall] = []
    for wanted, bound in enumerate(bounds):
        had, least = counts[wanted], bound.least
        if had >= least:
            continue
        rows = [row for row, own in enumerate(members) if wanted in own]
        held = [
            full for row in rows if row not in taken if (full := _first_full(members[row], bounds, counts))
        ]
        why = f"{_name(bound.quota)}: at least {least} were wanted and {had} are selected; "
        if len(rows) == had:
            why += f"there are no more than {had}."
        elif held:
            blocking, number = Counter(_name(full.quota) for full in held).most_common(1)[0]
            why += f"there are {len(rows)}, but the maximum of {blocking} keeps {number} of them out."
        else:
            why += f"there are {len(rows)}, but the selection of {len(taken)} has no room for them."
        found.append(Shortfall(_name(bound.quota), least, had, why))
    if size is None and not taken and drawn:
        found.append(Shortfall("size", 1, 0, f"Of {len(drawn)} samples the maxima allow none."))
    if size is not None and len(taken) < size:
        why = f"{size} samples were wanted and {len(taken)} are selected; there are {len(drawn)}"
        why += ", and the maxima allow no more." if len(taken) < len(drawn) else "."
        found.append(Shortfall("size", size, len(taken), why))
    return found


def _first_full(own: Iterable[int], bounds: Sequence[_Bound], counts: Counter[int]) -> _Bound | None:
    return next((bounds[number] for number in own if counts[number] >= bounds[number].most), None)


def _name(quota: QuotaSettings) -> str:
    return f"{quota.by} {quota.value}"
