"""Balance or flow: words of a label, a section, a column or a title in, whether they speak of a date or of a
period out.

Used only where neither a header nor the statement says it ("2024" over a note's numbers).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_FLOW = re.compile(
    r"\b(?:expenses?|revenues?|sales|earnings|income(?! tax(?:es)? (?:payable|receivable))|gains?"
    r"|loss(?:es)?|payments?|paid|proceeds|purchas(?:es|ed)"
    r"|provisions?|charges?|charged|amortization|depreciation|granted|vested|exercised|forfeited|issued"
    r"|repurchased|retired|acquired"
    r"|increases?|decreases?|additions?|deductions?|settlements?|settled|reductions?|changes?|translation"
    r"|contributions?|recognized in (?:income|earnings|oci)"
    r"|reclassif\w+|activity|rollforward|reconciliation|costs?|dividends?|expenditures|incurred|earned"
    r"|benefits? paid|during|write-?offs?|recoveries"
    r"|net periodic|capitalized|sold|acquisitions?|divestitures?|impairments?|cash (?:provided|used"
    r"|flows?)|rates?|refunds)\b",
    re.I,
)
_STOCK = re.compile(
    r"\b(?:balances?|carrying|fair values?|outstanding|assets?|liabilit(?:y|ies)|payables?|receivables?"
    r"|obligations?|accrued|allowances?"
    r"|inventor(?:y|ies)|debt|notes|debentures|bonds|borrowings|commercial paper|goodwill|equity"
    r"|shares authorized|equipment|land|buildings|property"
    r"|securities|cash|deposits|reserves?|deferred|accumulated|aoci|amortized cost|cost basis"
    r"|gross unrealized|unrecognized|notional|investments?"
    r"|commitments?|backlog|exercisable|weighted.average remaining|funded status|net amount|year.?end"
    r"|contracts?|derivatives?)\b",
    re.I,
)
_STRONG_FLOW = re.compile(
    r"\b(?:expenses?|revenues?|sales|proceeds|payments?|purchases|increases?|decreases?|additions|charges?"
    r"|amortization of|depreciation expense"
    r"|reclassif\w+|recognized in|weighted.average shares|net periodic|before income taxes|losses on"
    r"|gains? \(loss(?:es)?\)|provision for|paid|earned|during|changes? in|activity|settlements?|granted"
    r"|vested|repurchased)\b",
    re.I,
)
_STRONG_STOCK = re.compile(
    r"\b(?:balances?|carrying (?:amounts?|values?)|fair values?|outstanding|as of|long-lived assets"
    r"|deferred tax(?:es)? assets|accrued|allowance|deferred tax (?:assets|liabilities)"
    r"|accumulated|payable|receivables?|notional|unrecognized|total (?:assets|liabilities)|long-term debt"
    r"|net amount recognized|amortized cost|"
    r"unrealized|notes due|due (?:19|20)\d\d)\b",
    re.I,
)


def tell_nature(texts: Iterable[str]) -> bool | None:
    """True for a balance, False for a flow, None when the texts (most telling first) leave it open."""
    told = [_natures_of(text) for text in texts]
    for strong, _ in told:
        if strong is not None:
            return strong
    return next((weak for _, weak in told if weak is not None), None)


@lru_cache(maxsize=16384)
def _natures_of(text: str) -> tuple[bool | None, bool | None]:
    """What the strong words of ``text`` say, and what all its words say."""
    return _weigh(text, _STRONG_STOCK, _STRONG_FLOW), _weigh(text, _STOCK, _FLOW)


def _weigh(text: str, stock: re.Pattern[str], flow: re.Pattern[str]) -> bool | None:
    is_stock, is_flow = stock.search(text) is not None, flow.search(text) is not None
    return is_stock if is_stock != is_flow else None
