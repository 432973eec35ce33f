"""Too short or too long, in tokens."""

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped


def check_length(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``too_short`` or ``too_long``."""
    if profile.n_tokens < settings.min_tokens:
        return Dropped(
            reason="too_short", detail=f"{profile.n_tokens} tokens, fewer than {settings.min_tokens}"
        )
    if profile.n_tokens > settings.max_tokens:
        return Dropped(
            reason="too_long", detail=f"{profile.n_tokens} tokens, more than {settings.max_tokens}"
        )
    return None
