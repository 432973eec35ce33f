"""``report.html``: what a run made, for people, on one page that needs nothing else.

In: the run's books, its verified samples and its rejects, read once as streams. Out: HTML with its styles
and script inside and no address outside. All text of documents is escaped, and a content policy lets no
other script run.
"""

from longweave.verify.report.gather import RejectedRow, StageBooks
from longweave.verify.report.render import build_report

__all__ = ["RejectedRow", "StageBooks", "build_report"]
