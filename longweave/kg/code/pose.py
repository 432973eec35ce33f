"""Questions whose chains run through several source files, with their answers and proofs.

Chains are followed from definitions drawn by the seed: every step that can be taken is taken, up to
``max_steps``, and everything that can be asked at the end is asked. A question is kept when it is sound:

- the chain has the hops and documents that the settings want,
- the needed documents alone give the same answer, and with any one of them taken away there is none, nor can
  it be guessed: by a name that is merely passed on, that the question gives, or that two documents tell,
- the question names nothing that is on the way, nor the answer, nor all words that the answer is made of,
- the same last question has another answer elsewhere in the package, so its words alone do not find it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from longweave.kg.code.asks import HYPOTHETICAL
from longweave.kg.code.chains import follow_chains
from longweave.kg.code.found import Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.guess import guess_files
from longweave.kg.code.model import Module
from longweave.kg.code.needed import can_be_told, leads_on, leave_out_passing
from longweave.kg.code.phrase import phrase
from longweave.kg.code.plan import AskName, Plan
from longweave.kg.code.read import read_module
from longweave.kg.code.rivals import Rivals
from longweave.kg.code.settings import CodeSettings
from longweave.kg.code.trace import Trace, find_described, find_start, trace
from longweave.kg.code.words import names, says, suggests
from longweave.synth.records import Candidate, Document, Evidence, canonical_json, content_id

PLAIN_ANSWERS = frozenset({"None", "True", "False", "0", "1", "0.0", "1.0"})
_FEWEST_DESCRIBED = 5
_MOST_DESCRIBED = 18


def pose_code(documents: Sequence[Document], settings: CodeSettings, seed: int) -> Iterator[Candidate]:
    """Candidates over the code among ``documents``, the same for the same input."""
    by_id = {document.doc_id: document for document in documents if document.domain == "code"}
    modules = [read_module(document) for _, document in sorted(by_id.items())]
    graph = CodeGraph(module for module in modules if isinstance(module, Module))
    rng = np.random.default_rng(list(f"{seed}:kg_code".encode()))
    pools: dict[AskName, list[tuple[Plan, int]]] = defaultdict(list)
    for plan, n_documents in follow_chains(graph, settings, rng):
        pools[plan.ask].append((plan, n_documents))
    picker = _Picker(graph, settings, rng)
    sorts = [picker.pick(pools[ask]) for ask in sorted(pools)]
    while sorts:
        for sort in list(sorts):
            for picked in islice(sort, 1):
                if picked is not None:
                    yield make_candidate(*picked, by_id, seed)
                break
            else:
                sorts.remove(sort)


def make_candidate(plan: Plan, found: Trace, documents: Mapping[str, Document], seed: int) -> Candidate:
    """The candidate of a plan whose trace was found."""
    question = phrase(plan)
    reasoning: dict[str, object] = {
        "kind": plan.ask,
        "plan": plan.model_dump(mode="json"),
        "chain": found.text,
    }
    reasoning["titles"] = [documents[doc_id].title for doc_id in found.doc_ids]
    return Candidate(
        sample_id=content_id("kg_code", question, found.answer, sorted(found.doc_ids)),
        maker="kg_code",
        task="multi_hop",
        question_type="hypothetical" if plan.ask in HYPOTHETICAL else "multi_fact",
        domain="code",
        question=question,
        answer=found.answer,
        answer_kind=found.kind,
        tolerance=0.0 if found.kind == "number" else None,
        evidence=_quote(found.evidence, documents),
        support=_quote(found.support, documents),
        doc_ids=sorted(found.doc_ids),
        reasoning=canonical_json(reasoning),
        seed=seed,
    )


def _quote(marks: Sequence[Mark], documents: Mapping[str, Document]) -> list[Evidence]:
    return [
        Evidence.of(documents[mark.doc_id], mark.span.start, mark.span.end)
        for mark in marks
        if mark.span.end > mark.span.start
    ]


def _can_be_shown(found: Trace, settings: CodeSettings) -> bool:
    """Whether what must be seen whole is not too much."""
    return sum(mark.span.end - mark.span.start for mark in found.support) <= settings.max_support_chars


class _Picker:
    """Chooses among sound questions, so that answers, starts and ways are varied."""

    def __init__(self, graph: CodeGraph, settings: CodeSettings, rng: np.random.Generator) -> None:
        self._graph = graph
        self._settings = settings
        self._rng = rng
        self._spare = rng.spawn(1)[0]
        self._rivals = Rivals(graph)
        self._ways: Counter[str] = Counter()
        self._targets: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._on_two: Counter[AskName] = Counter()
        self._without: dict[str, CodeGraph] = {}
        self._guessed: dict[frozenset[str], CodeGraph] = {}
        self._plain = 0
        self._kept = 0

    def pick(self, pool: Sequence[tuple[Plan, int]]) -> Iterator[tuple[Plan, Trace] | None]:
        """Questions of one sort: chains over many documents first, ways taken in turns. None for one that can
        be told without the chain; it is replaced at the end, by draws of its own."""
        wanted = self._settings.questions_per_sort
        ways: dict[tuple[int, str], list[Plan]] = defaultdict(list)
        for index in self._rng.permutation(len(pool)):
            plan, n_documents = pool[index]
            ways[-n_documents, " ".join(step.name for step in plan.steps)].append(plan)
        n_told = 0
        for picked in islice(self._take(ways, self._rng), wanted):
            is_told = can_be_told(*picked, self._graph)
            n_told += is_told
            self._count(*picked)
            yield None if is_told else picked
        others = (p for p in self._take(ways, self._spare) if not can_be_told(*p, self._graph))
        for picked in islice(others, n_told):
            self._count(*picked)
            yield picked

    def _take(
        self, ways: dict[tuple[int, str], list[Plan]], rng: np.random.Generator
    ) -> Iterator[tuple[Plan, Trace]]:
        while any(ways.values()):
            for way in sorted(ways):
                while ways[way]:
                    picked = self._try(ways[way].pop(0), rng)
                    if picked is not None:
                        yield picked
                        break

    def _count(self, plan: Plan, found: Trace) -> None:
        self._answers[found.answer] += 1
        self._ways.update(_ways_of(plan, found))
        self._targets[f"{found.nodes[-1]} {plan.ask} {plan.argument}"] += 1
        self._plain += found.answer in PLAIN_ANSWERS
        self._kept += 1
        self._on_two[plan.ask] += len(found.doc_ids) == 2

    def _try(self, plan: Plan, rng: np.random.Generator) -> tuple[Plan, Trace] | None:
        """The plan with a wording, and its trace, if it is wanted and sound."""
        if not self._rivals.has_rival(plan):
            return None
        found = self._trace(plan)
        if found is None or not _can_be_shown(found, self._settings) or self._is_worn(plan, found):
            return None
        least, wanted = self._settings.min_documents, self._settings.questions_per_sort
        may_have_two = self._on_two[plan.ask] < wanted * self._settings.two_document_share
        if len(found.doc_ids) < (least if may_have_two else max(least, 3)):
            return None
        return self._word(plan, found, rng)

    def _trace(self, plan: Plan) -> Trace | None:
        """What the plan leads to, with no more documents than are needed."""
        found = trace(plan, self._graph)
        return None if found is None else leave_out_passing(plan, found, self._graph)

    def _is_worn(self, plan: Plan, found: Trace) -> bool:
        plain = found.answer in PLAIN_ANSWERS
        if plain and self._plain + 1 > self._settings.plain_answer_share * (self._kept + 1):
            return True
        if self._answers[found.answer] >= self._settings.same_answer:
            return True
        if any(self._ways[way] >= self._settings.same_way for way in _ways_of(plan, found)):
            return True
        return self._targets[f"{found.nodes[-1]} {plan.ask} {plan.argument}"] > 0

    def _word(self, plan: Plan, found: Trace, rng: np.random.Generator) -> tuple[Plan, Trace] | None:
        """The plan with a wording, and its trace, if the question is sound."""
        plan = plan.model_copy(update={"phrasing": int(rng.integers(0, 12))})
        if rng.random() < self._settings.described_share:
            described = self._describe(plan)
            again = None if described is None else self._trace(described)
            if described is not None and again is not None and self._is_sound(described, again):
                return described, again
        return (plan, found) if self._is_sound(plan, found) else None

    def _describe(self, plan: Plan) -> Plan | None:
        found = find_start(plan.start, self._graph)
        if found is None or found.definition is None:
            return None
        sentence = found.definition.docstring.partition(". ")[0].rstrip(".:")
        words = sentence.split()
        if not _FEWEST_DESCRIBED <= len(words) <= _MOST_DESCRIBED or not _is_prose(sentence):
            return None
        if len(find_described(plan.start.package, sentence, self._graph)) != 1:
            return None
        return plan.model_copy(update={"start": plan.start.model_copy(update={"described": sentence})})

    def _is_sound(self, plan: Plan, found: Trace) -> bool:
        return hides_its_answer(plan, found) and self._needs_all(plan, found)

    def _needs_all(self, plan: Plan, found: Trace) -> bool:
        """The needed documents are enough, and none can be missing, or be guessed from the others."""
        needed = set(found.doc_ids)
        if not leads_on(plan, found, needed, self._graph):
            return False
        for doc_id in sorted(needed):
            if doc_id not in self._without:
                self._without[doc_id] = self._graph.without(doc_id)
            if trace(plan, self._without[doc_id]) is not None:
                return False
            if leads_on(plan, found, needed - {doc_id}, self._graph):
                return False
        return self._is_passed_by_all(plan, found)

    def _is_passed_by_all(self, plan: Plan, found: Trace) -> bool:
        """Whether all other files of the package leave no doubt of the names that were guessed past."""
        left_out = found.passing - frozenset(found.doc_ids)
        if left_out and left_out not in self._guessed:
            rest = [m for m in self._graph.modules.values() if m.doc_id not in left_out]
            self._guessed[left_out] = CodeGraph(guess_files(rest))
        again = trace(plan, self._guessed[left_out]) if left_out else found
        return again is not None and again.answer == found.answer


def _ways_of(plan: Plan, found: Trace) -> list[str]:
    """What two questions share that run alike: where they start (the class of a method), and the places that
    their first two steps arrive at."""
    start = f"{plan.start.module}:{plan.start.qualname.partition('.')[0]}"
    return [start, *([" ".join(found.nodes[1:3])] if len(found.nodes) > 2 else [])]


def hides_its_answer(plan: Plan, found: Trace) -> bool:
    """Whether the question names neither its answer nor anything on the way."""
    question = phrase(plan)
    if found.kind == "text" and (says(question, found.answer) or suggests(question, found.answer)):
        return False
    if found.kind == "number" and len(found.answer) > 2 and says(question, found.answer):
        return False
    said = {plan.argument, *(step.argument for step in plan.steps)}
    own = set() if plan.start.described else set(plan.start.qualname.split("."))
    hidden = [name for name in found.names if name not in said and not name.startswith("__")]
    return not any(name in own or names(question, name) for name in hidden)


def _is_prose(sentence: str) -> bool:
    return sentence.isprintable() and not any(mark in sentence for mark in '"`\\*{}<>[]|:')
