"""One passage again and again: few of its runs of eight words are distinct."""

import numpy as np

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.corpus.words import hash_runs, hash_words
from longweave.synth.records import Dropped

_RUN_WORDS = 8
_FEWEST_RUNS = 30
# Tables of figures and generated code come down to 0.4; a passage told four times has 0.25.
_LEAST_DISTINCT = 0.3


def check_repetition(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``repeated_passage``."""
    runs = hash_runs(hash_words(profile.untagged_whole).hashes, _RUN_WORDS)
    if len(runs) < _FEWEST_RUNS:
        return None
    share = len(np.unique(runs)) / len(runs)
    if share >= _LEAST_DISTINCT:
        return None
    return Dropped(
        reason="repeated_passage",
        detail=f"{share:.0%} of {len(runs)} runs of {_RUN_WORDS} words are distinct",
    )
