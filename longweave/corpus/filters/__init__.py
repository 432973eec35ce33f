"""Rules that keep or drop a document by its form, each in a module of its own.

In: a ``Document`` and ``FilterSettings``. Out: None to keep it, or ``Dropped`` with a short reason and what
    was seen. The rules are statistics of the text (how many words are function words, how many passages are
    distinct, what follows *the*); none knows a source, a company or a document.
"""

from collections.abc import Callable

from longweave.corpus.filters.boilerplate import check_boilerplate
from longweave.corpus.filters.garbled import check_garbled
from longweave.corpus.filters.language import check_language
from longweave.corpus.filters.length import check_length
from longweave.corpus.filters.lists import check_lists
from longweave.corpus.filters.markup import check_markup
from longweave.corpus.filters.profile import Profile, make_profile
from longweave.corpus.filters.repetition import check_repetition
from longweave.corpus.filters.tables import check_tables, count_tables
from longweave.corpus.filters.templates import check_templates
from longweave.corpus.settings import FilterSettings, RuleName
from longweave.synth.records import Document, Dropped

__all__ = ["RULES", "count_tables", "filter_document"]

Rule = Callable[[Profile, FilterSettings], Dropped | None]

RULES: dict[RuleName, Rule] = {
    "length": check_length,
    "markup": check_markup,
    "repetition": check_repetition,
    "templates": check_templates,
    "lists": check_lists,
    "tables": check_tables,
    "garbled": check_garbled,
    "boilerplate": check_boilerplate,
    "language": check_language,
}
"""In the order in which they are applied: cheap ones and the plainest reasons first."""


def filter_document(document: Document, settings: FilterSettings) -> Dropped | None:
    """Why ``document`` is dropped, by the first rule that drops it, or None to keep it."""
    profile = make_profile(document.text, document.n_tokens)
    for name, check in RULES.items():
        if name not in settings.skip_rules and (dropped := check(profile, settings)) is not None:
            return dropped
    return None
