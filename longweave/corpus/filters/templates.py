"""Forms that a machine printed and nobody filled in: placeholders among the text, or contents pages and
blanks alone.

Bare record ids count only beside a placeholder; on their own they stand in many finished reports.
"""

import re

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_BRACKETED = re.compile(
    r"""[\[<({](?:
        (?:
            to[ ]be[ ](?:determined|completed|provided|added|filled)
          | tbd | tba
          | (?:insert|enter|your|placeholder)\b[^\]>)}\n]{1,60}
        )[\]>)}]
      | \{[^{}\n]{1,80}\}\}
      | %[^{}<>\n]{1,80}%[}>]
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_VARIABLE = re.compile(r"\$\{[\w.]{1,60}\}")
_NAMED = ("PLACEHOLDER_", "Lorem ipsum")
_RECORD_ID = re.compile(r"\b_?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_LEADERS = ("....", ". . . .", "____", "……")
_FEWEST = 3
_MOST = 0.0015  # per word
_FEWEST_LEADERS = 10
_MOST_ON_LEADERS = 0.6


def check_templates(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``unfilled_template`` or ``contents_only``; programs may hold templates."""
    if profile.is_code or profile.declares_code:
        return None
    placeholders = len(_BRACKETED.findall(profile.sample)) + len(_VARIABLE.findall(profile.sample))
    placeholders += sum(profile.sample.count(name) for name in _NAMED)
    ids = len(_RECORD_ID.findall(profile.sample)) if placeholders else 0
    if placeholders + ids >= max(_FEWEST, _MOST * len(profile.words)):
        return Dropped(
            reason="unfilled_template",
            detail=f"{placeholders} placeholders and {ids} bare record ids in {len(profile.words)} words",
        )
    leaders = [line for line in profile.lines if any(leader in line for leader in _LEADERS)]
    words = sum(len(line.split()) for line in profile.lines)
    on_leaders = sum(len(line.split()) for line in leaders)
    if len(leaders) >= _FEWEST_LEADERS and on_leaders > _MOST_ON_LEADERS * words:
        return Dropped(
            reason="contents_only",
            detail=f"{on_leaders} of {words} words stand beside dots or blanks to fill in",
        )
    return None
