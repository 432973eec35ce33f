"""Which faults are planted, in what number, and into what: the plan of the benchmark."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Literal, NamedTuple

from benchmarks.gates import faults
from benchmarks.gates.asks import Ask, OneOf
from benchmarks.gates.faults import KNOWN_SHARES, Plant, Planted, by_other_maker
from benchmarks.gates.samples import Placed, Workshop, hand_to_other, read_written
from benchmarks.gates.solver import Fact
from longweave.synth.errors import RunError

Source = Literal["tables", "passages", "good tables", "good passages"]

PARAPHRASED = "contamination_paraphrased"
COMMON_KNOWLEDGE = "common_knowledge"
VERBATIM = "contamination_verbatim"
DUPLICATE = "duplicate"
BENCHMARK_FILE = "benchmark_questions.jsonl"
KNOWLEDGE_FILE = "common_knowledge.jsonl"

_SURE_SHARES = (1.0, 0.9)


class Variant(NamedTuple):
    """One way to plant a fault of ``kind``, and the samples it takes; ``fits`` says into which."""

    kind: str
    name: str
    source: Source
    plant: Plant
    fits: Callable[[Placed], bool] = lambda _: True


def _amounts(placed: Placed) -> bool:
    return placed.sample.answer_kind == "number" and "million" in (placed.sample.unit or "")


def _named(placed: Placed) -> bool:
    return placed.sample.answer_kind == "text"


def _choices(placed: Placed) -> bool:
    return isinstance(placed.ask, OneOf)


VARIANTS: Sequence[Variant] = (
    Variant("leaked_answer", "verbatim, proven", "tables", faults.leak_verbatim),
    Variant("leaked_answer", "verbatim", "passages", faults.leak_verbatim, _named),
    Variant("leaked_answer", "verbatim, unproven", "tables", by_other_maker(faults.leak_verbatim)),
    Variant("leaked_answer", "with separators", "tables", by_other_maker(faults.leak_formatted), _amounts),
    Variant("leaked_answer", "in other units", "tables", by_other_maker(faults.leak_with_unit), _amounts),
    Variant("leaked_answer", "in words", "tables", by_other_maker(faults.leak_in_words), _amounts),
    Variant("leaked_answer", "in capitals", "passages", faults.leak_in_other_case, _named),
    Variant("leaked_answer", "in a phrase", "passages", faults.leak_in_phrase, _named),
    Variant("leaked_answer", "the option's text", "passages", faults.leak_option, _choices),
    Variant("evidence_removed", "row, proven", "tables", faults.remove_rows),
    Variant("evidence_removed", "row", "tables", by_other_maker(faults.remove_rows)),
    Variant("evidence_removed", "passage", "passages", faults.remove_passage),
    Variant("wrong_gold", "figure, proven", "tables", faults.state_other_answer),
    Variant("wrong_gold", "figure", "tables", by_other_maker(faults.state_other_answer)),
    Variant("wrong_gold", "name or number", "passages", faults.state_other_answer),
    Variant("ambiguous_gold", "second table, proven", "tables", faults.add_second_table),
    Variant("ambiguous_gold", "second table", "tables", by_other_maker(faults.add_second_table)),
    Variant("ambiguous_gold", "in prose, proven", "tables", faults.restate_in_prose, _amounts),
    Variant("ambiguous_gold", "second copy as padding", "passages", faults.add_second_copy),
    Variant("ambiguous_gold", "second copy as needed", "passages", faults.add_needed_copy),
    Variant(DUPLICATE, "same words", "good passages", faults.repeat_elsewhere),
    Variant(DUPLICATE, "same words, other maker", "good passages", faults.repeat_by_other),
    Variant(DUPLICATE, "other case and marks", "good passages", faults.repeat_in_other_case),
    Variant(DUPLICATE, "reworded", "good passages", faults.reword),
    Variant(DUPLICATE, "other phrasing, proven", "good tables", faults.rephrase_plan),
    Variant(DUPLICATE, "other phrasing, other maker", "good tables", faults.rephrase_by_other),
)
KINDS = tuple(
    dict.fromkeys((COMMON_KNOWLEDGE, *(variant.kind for variant in VARIANTS), VERBATIM, PARAPHRASED))
)


@dataclass
class Scene:
    """What the gates are shown: good samples and planted ones."""

    good: list[Placed] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    def asks(self) -> dict[str, Ask]:
        """What its questions ask for."""
        placed = [*self.good, *(planted.placed for planted in self.planted)]
        return {one.sample.question: one.ask for one in placed}

    def known(self) -> dict[str, Fact]:
        """What models know by heart of its questions."""
        known = ((planted.placed.sample.question, planted.known) for planted in self.planted)
        return {question: fact for question, fact in known if fact is not None}


def set_scene(tables: Sequence[Placed], workshop: Workshop, n_good: int, n_planted: int) -> Scene:
    """``n_good`` samples, and ``n_planted`` of each kind on others (for duplicates: on some of the good).

    Six tenths of the good ones are proven numeric samples, a tenth numeric ones without proof, the rest text.

    Raises:
        RunError: The run has too few samples for that.
    """
    scene = Scene()
    fresh = {"tables": iter(workshop.rng.sample(tables, len(tables))), "passages": workshop.place_passages()}
    n_text = n_good * 3 // 10
    handed = (hand_to_other(placed, workshop.composer) for placed in fresh["tables"])
    scene.good = list(islice((placed for placed in handed if placed is not None), n_good // 10))
    proven = list(islice(fresh["tables"], n_good - n_text - len(scene.good)))
    texts = list(islice(fresh["passages"], n_text))
    scene.good += [*proven, *texts]
    if len(scene.good) < n_good:
        raise RunError(f"{len(scene.good)} good samples of {n_good}", where="benchmark", fix="Pose more.")
    sources = fresh | {"good tables": iter(proven), "good passages": iter(texts)}
    waiting: dict[Source, list[Placed]] = {
        name: [] for name in ("tables", "passages", "good tables", "good passages")
    }
    kinds = dict.fromkeys(variant.kind for variant in VARIANTS)
    for kind in kinds:
        variants = [variant for variant in VARIANTS if variant.kind == kind]
        for variant in islice(cycle(variants), n_planted):
            scene.planted.append(_plant(variant, sources[variant.source], waiting[variant.source], workshop))
    scene.planted += _plant_knowledge(fresh["tables"], waiting["tables"], workshop, n_planted)
    scene.planted += _plant_benchmark(workshop, n_planted)
    return scene


def _plant(variant: Variant, source: Iterator[Placed], waiting: list[Placed], workshop: Workshop) -> Planted:
    """The next sample that the fault can be planted into; those that it cannot wait for another fault."""
    tried: list[Placed] = []
    for placed in _draw(waiting, source):
        faulty = variant.plant(placed, workshop) if variant.fits(placed) else None
        if faulty is not None:
            waiting += tried
            beside = placed.sample.sample_id if variant.kind == DUPLICATE else ""
            return Planted(faulty, variant.kind, variant.name, beside=beside)
        tried.append(placed)
    raise RunError(f"no sample for {variant.kind}, {variant.name}", where="benchmark", fix="Pose more.")


def _draw(waiting: list[Placed], source: Iterator[Placed]) -> Iterator[Placed]:
    while (placed := waiting.pop(0) if waiting else next(source, None)) is not None:
        yield placed


def _plant_knowledge(
    source: Iterator[Placed], waiting: list[Placed], workshop: Workshop, count: int
) -> Iterator[Planted]:
    """Questions that a strong model answers by heart: most written by hand, the others figures of reports."""
    shares, sure = cycle(KNOWN_SHARES), cycle(_SURE_SHARES)
    n_written = count * 3 // 4
    written = read_written(KNOWLEDGE_FILE, workshop.documents)
    drawn = (entry.candidate(entry.question) for entry in workshop.rng.sample(written, len(written)))
    placed_ones = (workshop.put_into_context(*candidate) for candidate in drawn)
    for placed in islice((placed for placed in placed_ones if placed is not None), n_written):
        share = next(sure if placed.sample.answer_kind == "choice" else shares)
        yield Planted(placed, COMMON_KNOWLEDGE, "written", Fact(placed.sample.answer, share))
    figures = (placed for placed in _draw(waiting, source) if _amounts(placed))
    for placed in islice(figures, count - n_written):
        yield Planted(placed, COMMON_KNOWLEDGE, "figure", Fact(placed.sample.answer, next(shares)))


def _plant_benchmark(workshop: Workshop, count: int) -> Iterator[Planted]:
    """Questions of a benchmark, some in its words and as many others in other words."""
    written = read_written(BENCHMARK_FILE, workshop.documents)
    order = workshop.rng.sample(written, len(written))
    half = len(order) // 2
    for kind, entries in ((VERBATIM, order[:half]), (PARAPHRASED, order[half:])):
        drawn = (
            entry.candidate(entry.question if kind == VERBATIM else entry.paraphrase) for entry in entries
        )
        placed_ones = (workshop.put_into_context(*candidate) for candidate in drawn)
        for placed in islice((placed for placed in placed_ones if placed is not None), count):
            yield Planted(placed, kind, "written")
