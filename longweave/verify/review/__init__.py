"""``longweave review``: a local page on which people step through samples and mark them good or bad.

In: a ``Shelf`` that lists the samples of a run and reads one at a time, and the file of their marks. Out: a
web application for this machine alone (see ``guard`` for whom it answers). Nothing of a document is ever
markup: the page gets plain text in JSON and puts it into text nodes, and its content policy allows no other
way.
"""

from longweave.verify.review.server import make_app
from longweave.verify.review.shelf import KEPT, Entry, Shelf, ShelvedSample

__all__ = ["KEPT", "Entry", "Shelf", "ShelvedSample", "make_app"]
