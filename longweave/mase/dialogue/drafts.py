"""Everything that a conversation could be asked, by question type: plans that nobody has solved yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from longweave.mase.dialogue.conversation import Conversation, is_telling
from longweave.mase.dialogue.plan import AskName, Plan, Rule, RuleName
from longweave.mase.dialogue.settings import DialogueSettings
from longweave.mase.dialogue.solve import addressed_by
from longweave.mase.dialogue.turns import Turn, follows
from longweave.mase.dialogue.words import collapse

_FEWEST_SPEAKERS = 3
SPEAKER_ORDINALS = (2, 3, 4, 5)
_MOST_REPLIED = 60


def draft_plans(
    ask: AskName, conversation: Conversation, settings: DialogueSettings, rng: np.random.Generator
) -> Iterator[Plan]:
    """Plans of one type in random order, without ordinals of look-alikes and without prefixes."""
    return _DRAFTS[ask](ask, conversation, settings, rng)


def _draft_look_alikes(
    name: RuleName,
    ask: AskName,
    conversation: Conversation,
    settings: DialogueSettings,
    rng: np.random.Generator,
) -> Iterator[Plan]:
    rules = list(_find_rules(name, conversation, settings))
    for index in rng.permutation(len(rules)):
        yield _plan(ask, conversation, rule=rules[index])


def _find_rules(name: RuleName, conversation: Conversation, settings: DialogueSettings) -> Iterator[Rule]:
    counts = range(settings.min_look_alikes, settings.max_look_alikes + 1)
    speakers = conversation.speakers
    for speaker in speakers if name in ("question", "address") or len(speakers) < 2 else ["", *speakers]:
        own = [turn for turn in conversation.turns if speaker in ("", turn.speaker)]
        if len(own) < settings.min_look_alikes:
            continue
        if name == "question":
            if sum(turn.words.endswith("?") for turn in own) in counts:
                yield Rule(name=name, speaker=speaker)
            continue
        if name == "mention":
            words = conversation.find_terms(own, counts)
        elif name == "opening":
            words = conversation.find_openings(own, counts)
        else:
            words = sorted({addressed_by(turn) for turn in own} & set(speakers) - {speaker})
        yield from (Rule(name=name, speaker=speaker, words=word) for word in words)


def _draft_count(
    ask: AskName, conversation: Conversation, settings: DialogueSettings, rng: np.random.Generator
) -> Iterator[Plan]:
    rules = [rule for rule in _find_rules("mention", conversation, settings) if rule.speaker]
    for index in rng.permutation(len(rules)):
        yield _plan(ask, conversation, rule=rules[index])


def _draft_nth_speaker(
    ask: AskName, conversation: Conversation, settings: DialogueSettings, rng: np.random.Generator
) -> Iterator[Plan]:
    if len(conversation.speakers) < _FEWEST_SPEAKERS:
        return
    terms = conversation.find_terms(
        conversation.turns, range(settings.min_look_alikes, 4 * settings.max_look_alikes)
    )
    for index in rng.permutation(len(terms)):
        for ordinal in rng.permutation(SPEAKER_ORDINALS):
            rule = Rule(name="mention", words=terms[index])
            yield _plan(ask, conversation, rule=rule, ordinal=int(ordinal))


def _draft_quoted(
    ask: AskName, conversation: Conversation, settings: DialogueSettings, rng: np.random.Generator
) -> Iterator[Plan]:
    """One quote from each turn, whose speaker is named where the question does not ask for them."""
    if ask == "needle_speaker" and len(conversation.speakers) < _FEWEST_SPEAKERS:
        return
    if ask == "needle_time" and conversation.medium != "chat":
        return
    if ask == "needle_turn" and not conversation.turns[0].number:
        return
    for turn, _ in _in_random_order(conversation, rng):
        if ask == "needle_addressee" and addressed_by(turn) not in conversation.speakers:
            continue
        quote = _choose_quote(conversation, turn, rng)
        if quote:
            named = "" if ask == "needle_speaker" else turn.speaker
            yield _plan(ask, conversation, quote=quote, speaker=named)


def _draft_reply(
    ask: AskName, conversation: Conversation, settings: DialogueSettings, rng: np.random.Generator
) -> Iterator[Plan]:
    for turn, following in _in_random_order(conversation, rng):
        if following is None or following.speaker == turn.speaker or following.is_action:
            continue
        if len(following.words.split()) > _MOST_REPLIED or not is_telling(following):
            continue
        if not follows(conversation.document.text, following, turn):
            continue
        quote = _choose_quote(conversation, turn, rng)
        if quote:
            yield _plan(ask, conversation, quote=quote, speaker=turn.speaker, replier=following.speaker)


def _in_random_order(
    conversation: Conversation, rng: np.random.Generator
) -> Iterator[tuple[Turn, Turn | None]]:
    """Each turn with the next one."""
    turns = conversation.turns
    for index in rng.permutation(len(turns)):
        turn = turns[index]
        if not turn.is_action and not turn.is_broken:
            yield turn, turns[index + 1] if index + 1 < len(turns) else None


def _choose_quote(conversation: Conversation, turn: Turn, rng: np.random.Generator) -> str:
    """Words of the turn that stand in no other; "" if there are none."""
    quotes = [
        quote
        for quote in conversation.find_quotes(turn, n_skipped=1 if addressed_by(turn) else 0)
        if quote.isprintable() and '"' not in quote and quote in turn.words
    ]
    if not quotes:
        return ""
    quote = quotes[int(rng.integers(len(quotes)))]
    holding = sum(collapse(quote) in collapse(other.words) for other in conversation.turns)
    return quote if holding == 1 else ""


def _plan(
    ask: AskName,
    conversation: Conversation,
    rule: Rule | None = None,
    ordinal: int = 0,
    quote: str = "",
    speaker: str = "",
    replier: str = "",
) -> Plan:
    return Plan(
        ask=ask,
        title=conversation.document.title,
        medium=conversation.medium,
        rule=rule,
        ordinal=ordinal,
        quote=quote,
        speaker=speaker,
        replier=replier,
    )


_Draft = Callable[[AskName, Conversation, DialogueSettings, np.random.Generator], Iterator[Plan]]
_DRAFTS: Mapping[AskName, _Draft] = {
    "mrcr_mention": partial(_draft_look_alikes, "mention"),
    "mrcr_question": partial(_draft_look_alikes, "question"),
    "mrcr_address": partial(_draft_look_alikes, "address"),
    "mrcr_opening": partial(_draft_look_alikes, "opening"),
    "needle_speaker": _draft_quoted,
    "needle_reply": _draft_reply,
    "needle_count": _draft_count,
    "needle_nth_speaker": _draft_nth_speaker,
    "needle_time": _draft_quoted,
    "needle_turn": _draft_quoted,
    "needle_addressee": _draft_quoted,
}
ASKS: Sequence[AskName] = tuple(_DRAFTS)
"""All question types, in the order in which they are posed."""
