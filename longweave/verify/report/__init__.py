"""``report.html``: what a run made, for people, on one page that needs nothing else.

In: the run's books, what models have cost, its samples and those that gates dropped, the rounds of a loop,
and its rejects, each read once as a stream. Out: HTML with its styles and script inside and no address
outside. All text of documents is escaped, and a content policy lets no other script run. However large the
run, the page stays within a few megabytes: examples are few, and every text and table on it is cut at a fixed
length.
"""

from longweave.verify.report.inputs import DroppedSample, RejectedRow, RoundLine, SpendingLine, StageBooks
from longweave.verify.report.render import build_report

__all__ = ["DroppedSample", "RejectedRow", "RoundLine", "SpendingLine", "StageBooks", "build_report"]
