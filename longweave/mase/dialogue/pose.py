"""Questions about real conversations whose answers code can derive, with their proofs; no model is asked.

Two families (RECIPE: dialogue memory): one turn among look-alikes, to be reproduced word for word after a
prefix (multi-round co-reference retrieval, OpenAI's MRCR), rewarded by the share that is right; and needles,
whose answer is right or not. A question is kept when it is sound:

- the conversation is the only one of its title, and the plan has one answer in it,
- all look-alikes are evidence, so that every excerpt shows them all,
- look-alikes are not near-identical, and the one that is asked for is worth reproducing,
- its question holds nothing that no prompt may hold, and not the answer,
- its answer passes its own check when it is given exactly.

Conversations take turns, ordinals and counts are evened out, and no term or turn is asked for twice.
"""

import string
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from rapidfuzz import fuzz

from longweave.mase.dialogue.conversation import Conversation, is_telling
from longweave.mase.dialogue.drafts import ASKS, SPEAKER_ORDINALS, draft_plans
from longweave.mase.dialogue.phrase import phrase, spoken_ordinals
from longweave.mase.dialogue.plan import AskName, Plan
from longweave.mase.dialogue.settings import DialogueSettings
from longweave.mase.dialogue.solve import Solution, select, solve
from longweave.mase.dialogue.turns import Turn
from longweave.mase.dialogue.words import collapse, says
from longweave.synth.answers import compare_answer, extract_answer
from longweave.synth.prompt import find_reserved_mark
from longweave.synth.records import Candidate, Document, Dropped, Evidence, canonical_json, content_id

MAKER = "dialogue"
_MOST_WORDS = 120
_LONGEST_TARGET = 900
_NEAR_IDENTICAL = 80.0
_PREFIX_CHARS = 10
_PHRASINGS = 12
_TRIED_PER_QUESTION = 60
_TELLING_CHANCE = 0.1


def pose_dialogue(
    documents: Sequence[Document], settings: DialogueSettings, seed: int
) -> Iterator[Candidate]:
    """Candidates over the conversations among ``documents``, the same for the same input."""
    by_id = {document.doc_id: document for document in documents if document.domain == "dialogue"}
    titles = Counter(collapse(document.title) for document in documents)
    conversations = [
        conversation
        for conversation in Conversation.read_all(by_id.values())
        if titles[collapse(conversation.document.title)] == 1
    ]
    rng = np.random.default_rng(list(f"{seed}:{MAKER}".encode()))
    picker = _Picker(settings, rng, seed)
    for ask in ASKS:
        for conversation, plan, found in picker.pick(ask, conversations):
            yield make_candidate(conversation, plan, found, seed)


def make_candidate(conversation: Conversation, plan: Plan, found: Solution, seed: int) -> Candidate:
    """The candidate of a plan that was solved."""
    document = conversation.document
    question = phrase(plan)
    reasoning = {"plan": plan.model_dump(mode="json"), "targets": [turn.words for turn in found.targets]}
    return Candidate(
        sample_id=content_id(MAKER, question, found.answer, document.doc_id),
        maker=MAKER,
        task="dialogue_memory",
        question_type=plan.ask,
        domain="dialogue",
        question=question,
        answer=found.answer,
        answer_kind=found.kind,
        tolerance=0.0 if found.kind == "number" else None,
        prefix=plan.prefix or None,
        chance=_guess_chance(plan, conversation),
        evidence=[Evidence.of(document, start, end) for start, end in found.spans],
        doc_ids=[document.doc_id],
        reasoning=canonical_json(reasoning),
        seed=seed,
    )


def _guess_chance(plan: Plan, conversation: Conversation) -> float:
    """How probable it is that a name drawn from the speakers is right."""
    if plan.ask not in ("needle_speaker", "needle_nth_speaker"):
        return 0.0
    chance = round(1 / len(conversation.speakers), 4)
    return chance if chance >= _TELLING_CHANCE else 0.0


class _Picker:
    """Chooses among sound questions, so that conversations, ordinals, terms and turns are varied."""

    def __init__(self, settings: DialogueSettings, rng: np.random.Generator, seed: int) -> None:
        self._settings = settings
        self._rng = rng
        self._seed = seed
        self._taken: set[tuple[str, str]] = set()

    def pick(
        self, ask: AskName, conversations: Sequence[Conversation]
    ) -> Iterator[tuple[Conversation, Plan, Solution]]:
        """Questions of one type: one of each conversation in turn, in an order drawn anew."""
        order = [conversations[index] for index in self._rng.permutation(len(conversations))]
        drafts = {
            conversation.document.doc_id: draft_plans(ask, conversation, self._settings, self._rng)
            for conversation in order
        }
        evened: Counter[int] = Counter()
        kept = 0
        for _ in range(self._settings.questions_per_conversation):
            for conversation in order:
                if kept == self._settings.questions_per_type:
                    return
                share = kept // self._count_sorts(ask)
                picked = self._next(conversation, drafts[conversation.document.doc_id], evened, share)
                if picked is not None:
                    kept += 1
                    yield (conversation, *picked)

    def _next(
        self, conversation: Conversation, drafts: Iterator[Plan], evened: Counter[int], share: int
    ) -> tuple[Plan, Solution] | None:
        """The next sound question of a conversation: one whose ordinal or count is asked no more often than
        ``share``, or the rarest of those tried."""
        best: tuple[int, Plan, Solution] | None = None
        for _, draft in zip(range(_TRIED_PER_QUESTION), drafts, strict=False):
            plan = self._complete(conversation, draft, evened)
            if plan is None:
                continue
            found = solve(plan, conversation.document.text, conversation.turns)
            if isinstance(found, Dropped) or not self._is_sound(conversation, plan, found):
                continue
            n_alike = evened[_evened_by(plan, found)]
            if best is None or n_alike < best[0]:
                best = n_alike, plan, found
            if n_alike <= share:
                break
        if best is None:
            return None
        _, plan, found = best
        evened[_evened_by(plan, found)] += 1
        self._taken |= _keys_of(conversation, plan, found)
        return plan, found

    def _complete(self, conversation: Conversation, draft: Plan, evened: Counter[int]) -> Plan | None:
        """The draft with a wording, and a prefix and an ordinal where it needs them."""
        changes: dict[str, object] = {"phrasing": int(self._rng.integers(_PHRASINGS))}
        if draft.ask.startswith("mrcr"):
            assert draft.rule is not None
            selected = select(draft.rule, conversation.turns)
            if isinstance(selected, Dropped) or not self._has_right_number(selected):
                return None
            if not are_distinct(selected):
                return None
            ordinals = [
                ordinal
                for ordinal in spoken_ordinals()
                if abs(ordinal) <= len(selected) and is_worth_reproducing(selected[ordinal - (ordinal > 0)])
            ]
            if not ordinals:
                return None
            drawn = self._rng.permutation(ordinals)
            changes["ordinal"] = int(min(drawn, key=lambda ordinal: evened[int(ordinal)]))
        if draft.ask.startswith("mrcr") or draft.ask == "needle_reply":
            changes["prefix"] = draw_prefix(draft, self._seed)
        return draft.model_copy(update=changes)

    def _count_sorts(self, ask: AskName) -> int:
        """How many ordinals or counts the questions of a type are spread over."""
        if ask == "needle_count":
            return self._settings.max_look_alikes - self._settings.min_look_alikes + 1
        if ask == "needle_nth_speaker":
            return len(SPEAKER_ORDINALS)
        if ask.startswith("mrcr"):
            return sum(abs(ordinal) <= self._settings.max_look_alikes for ordinal in spoken_ordinals())
        return 1

    def _has_right_number(self, selected: Sequence[Turn]) -> bool:
        return self._settings.min_look_alikes <= len(selected) <= self._settings.max_look_alikes

    def _is_sound(self, conversation: Conversation, plan: Plan, found: Solution) -> bool:
        return (
            not self._taken & _keys_of(conversation, plan, found)
            and len(found.spans) <= max(self._settings.max_look_alikes, 1)
            and find_reserved_mark(phrase(plan)) is None
            and hides_its_answer(plan, found)
            and passes_its_own_check(plan, found)
            and not _is_like_another(conversation, found)
        )


def _evened_by(plan: Plan, found: Solution) -> int:
    """What a type is evened out by: the ordinal, or the number that is the answer of a count."""
    return int(found.answer) if plan.ask == "needle_count" else plan.ordinal


def _keys_of(conversation: Conversation, plan: Plan, found: Solution) -> set[tuple[str, str]]:
    """What no other question of the conversation may share: its terms and the turns it asks for."""
    doc_id = conversation.document.doc_id
    keys = {(doc_id, f"turn {turn.at}") for turn in found.targets}
    if plan.rule is not None:
        keys.add((doc_id, f"{plan.rule.name} {plan.rule.words or plan.rule.speaker}"))
    return keys


def draw_prefix(plan: Plan, seed: int) -> str:
    """Letters and digits that depend on the plan and the seed alone."""
    rng = np.random.default_rng(int(content_id("prefix", seed, plan.model_dump(mode="json")), 16))
    return "".join(rng.choice(list(string.ascii_letters + string.digits), size=_PREFIX_CHARS))


def _is_like_another(conversation: Conversation, found: Solution) -> bool:
    """Whether the name of another speaker would count as the one that is the answer ("shape_" as "shape")."""
    if found.answer not in conversation.speakers:
        return False
    others = (speaker for speaker in conversation.speakers if speaker != found.answer)
    return any(compare_answer(other, found.answer, found.kind).correct for other in others)


def is_worth_reproducing(turn: Turn) -> bool:
    """Whether a turn says something, and is not endless."""
    is_short = len(turn.words.split()) <= _MOST_WORDS and len(turn.words) <= _LONGEST_TARGET
    return is_short and turn.words.isprintable() and is_telling(turn)


def are_distinct(look_alikes: Sequence[Turn]) -> bool:
    """Whether no two of them have nearly the same text."""
    return all(
        fuzz.ratio(one.words, other.words) < _NEAR_IDENTICAL for one, other in combinations(look_alikes, 2)
    )


def hides_its_answer(plan: Plan, found: Solution) -> bool:
    """Whether the answer does not stand in the question."""
    return not says(phrase(plan), found.answer.removeprefix(plan.prefix))


def passes_its_own_check(plan: Plan, found: Solution) -> bool:
    """Whether the answer, given exactly at the end of a response, is taken out whole and found right."""
    prefix = plan.prefix or None
    given = extract_answer(f"It is one of them.\nTherefore, the answer is {found.answer}", prefix)
    if found.kind == "ratio" and given != found.answer:
        return False
    verdict = compare_answer(given, found.answer, found.kind, prefix=prefix)
    return verdict.correct and verdict.score == 1.0
