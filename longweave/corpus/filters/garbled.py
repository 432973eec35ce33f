"""Text that cannot be read: characters replaced at random, or words in random order.

Noise puts digits and signs between the letters of a word, which writing and even code hardly do. Shuffled
text is told by what follows an article, a preposition or *=*: hardly ever *of*, *and* or *is*, unless the
order is random; then such words follow as often as they occur anywhere. Lines that read like statements are
in order.
"""

import re

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_DIGEST_OR_ADDRESS = re.compile(r"\b[0-9a-fA-F]{12,}\b|\b[A-Za-z0-9+/=_-]{32,}|\b\w+://\S+")
_BETWEEN_LETTERS = re.compile(r"(?<=[A-Za-z])[0-9!#-&*+<-@\\^`{-~¡-¿×÷†-•‰←-⯿](?=[A-Za-z])")
_NOT_LATIN = bytes(byte for byte in range(256) if not chr(byte).isalpha() or byte > 127)
# Of the letters. The worst real prose has 0.011, the worst code 0.022.
_MOST_NOISE = 0.02
_MOST_NOISE_IN_CODE = 0.04
_FEWEST_LETTERS = 200

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_MID_PHRASE = "of and or is was were are has had but be been will would can on by"
_MID_STATEMENT = "= == + def return import raise class elif else: in is and or for if with as the of to"
_NEVER_MID_PHRASE = frozenset(_MID_PHRASE.split())
_ORDERS = (
    (
        "an article",
        re.compile(r"\b(?:the|an|his|their|its)\s+([a-z]+)\b", re.IGNORECASE),
        _WORD,
        _NEVER_MID_PHRASE | {"to", "in", "for", "with"},
    ),
    (
        "a preposition",
        re.compile(r"\b(?:of|in|for|with|from|at|by)\s+([a-z]+)\b", re.IGNORECASE),
        _WORD,
        _NEVER_MID_PHRASE,
    ),
    (
        "an equals sign",
        re.compile(r"(?<=\s)=\s+(\S+)"),
        re.compile(r"\S+"),
        frozenset(_MID_STATEMENT.split()),
    ),
)
_FEWEST_LEADS = 10
_FEWEST_BREAKS = 3
_MOST_LIKE_CHANCE = 0.65  # real texts stay below 0.6
_MOST_BROKEN = 0.05


def check_garbled(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``character_noise`` or ``shuffled_words``."""
    return _check_noise(profile) or _check_order(profile)


def _check_noise(profile: Profile) -> Dropped | None:
    text = _DIGEST_OR_ADDRESS.sub(" ", profile.untagged)
    letters = len(text.encode("ascii", "ignore").translate(None, delete=_NOT_LATIN))
    noise = len(_BETWEEN_LETTERS.findall(text))
    most = _MOST_NOISE_IN_CODE if profile.is_code or profile.declares_code else _MOST_NOISE
    if letters < _FEWEST_LETTERS or noise <= most * letters:
        return None
    return Dropped(reason="character_noise", detail=f"{noise} signs inside words of {letters} letters")


def _check_order(profile: Profile) -> Dropped | None:
    if profile.is_code:
        return None
    for lead, followers, word, never_next in _ORDERS:
        after = followers.findall(profile.untagged)
        breaks = sum(follower.lower() in never_next for follower in after)
        if len(after) < _FEWEST_LEADS or breaks < _FEWEST_BREAKS:
            continue
        words = word.findall(profile.untagged)
        by_chance = sum(each.lower() in never_next for each in words) / len(words)
        if breaks >= max(_MOST_BROKEN, _MOST_LIKE_CHANCE * by_chance) * len(after):
            seen = (
                f"{breaks} of {len(after)} words after {lead} cannot follow; {by_chance:.0%} would by chance"
            )
            return Dropped(reason="shuffled_words", detail=seen)
    return None
