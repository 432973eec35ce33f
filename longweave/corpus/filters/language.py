"""Documents in another language than those wanted; source code has none."""

from collections import Counter

import py3langid

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_WINDOW_CHARS = 800
_WINDOWS = 5
_FEWEST_CHARS = 80
# Where one word in six is an English function word the text is English, whatever its names suggest.
_ENGLISH_SHARE = 0.16


def check_language(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``language`` if no window of the prose is in one of ``settings.languages``."""
    if profile.is_code or profile.declares_code:
        return None
    if "en" in settings.languages and profile.function_share >= _ENGLISH_SHARE:
        return None
    prose = " ".join(profile.prose.split())
    if len(prose) < _FEWEST_CHARS:
        return None
    votes = Counter(str(py3langid.classify(window)[0]) for window in _windows(prose))
    if any(votes[language] for language in settings.languages):
        return None
    language = min(votes, key=lambda code: (-votes[code], code))
    return Dropped(
        reason="language", detail=f"{votes[language]} of {votes.total()} passages are in {language!r}"
    )


def _windows(prose: str) -> list[str]:
    step = max(1, (len(prose) - _WINDOW_CHARS) // (_WINDOWS - 1))
    starts = range(0, max(1, len(prose) - _WINDOW_CHARS + 1), step)
    return [prose[start : start + _WINDOW_CHARS] for start in starts][:_WINDOWS]
