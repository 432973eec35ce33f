"""Lock files and lists of data or requirements: they hold items, not sentences."""

import re

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_DIGEST = re.compile(r"\b(?:sha\d{1,3}|md5)[-:=]\s*[\"']?[A-Za-z0-9+/=]{24,}|\b[0-9a-f]{40,}\b")
_MOST_DIGESTS = 0.1
_FEWEST_DIGESTS = 5
_REQUIREMENT = re.compile(r"[\w.-]+(?:\[[\w,. -]+\])?\s*(?:===?|~=|>=|<=|!=|>|<)\s*\d[\w.*+!-]*")
_MOST_REQUIREMENTS = 0.5
_FEWEST_ITEMS = 5
# English prose has 0.2 or more, encyclopedia lists of names down to 0.055.
_LEAST_FUNCTION_WORDS = 0.04
_FEWEST_WORDS = 60


def check_lists(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``lock_file``, ``requirement_list`` or ``data_list``."""
    lines = profile.lines
    digests = sum(_DIGEST.search(line) is not None for line in lines)
    if digests >= max(_FEWEST_DIGESTS, _MOST_DIGESTS * len(lines)):
        return Dropped(reason="lock_file", detail=f"{digests} of {len(lines)} lines hold a digest")
    if profile.declares_code or profile.is_code:
        return None
    items = [line for line in lines if not line.startswith(("#", "-", "//", ";"))]
    requirements = sum(_REQUIREMENT.match(line) is not None for line in items)
    if requirements >= max(_FEWEST_ITEMS, _MOST_REQUIREMENTS * len(items)):
        return Dropped(
            reason="requirement_list", detail=f"{requirements} of {len(items)} lines name a version"
        )
    if len(profile.words) < _FEWEST_WORDS or profile.has_sentences:
        return None
    if profile.function_share < _LEAST_FUNCTION_WORDS:
        return Dropped(
            reason="data_list",
            detail=f"{profile.function_share:.1%} of {len(profile.words)} words are function words",
        )
    return None
