"""What a number counts: scale words, percent and currency, in gold units and in predictions."""

import re
from dataclasses import dataclass

SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "mn": 1e6,
    "mln": 1e6,
    "mm": 1e6,
    "bn": 1e9,
    "bln": 1e9,
    "tn": 1e12,
    "k": 1e3,
    "m": 1e6,
    "b": 1e9,
    "t": 1e12,
}
CURRENCIES = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "dollar": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "pound": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "yen": "JPY",
    "rmb": "CNY",
    "cny": "CNY",
    "yuan": "CNY",
    "inr": "INR",
    "₹": "INR",
    "rupee": "INR",
    "chf": "CHF",
    "franc": "CHF",
    "cad": "CAD",
    "c$": "CAD",
    "aud": "AUD",
    "a$": "AUD",
    "hkd": "HKD",
    "hk$": "HKD",
    "sek": "SEK",
    "krw": "KRW",
    "won": "KRW",
}
_PERCENT = re.compile(r"percent|per cent|%|\bpp\b|\bpoints?\b|\bbps\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+\$?|[$€£¥₹]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """The unit that a gold is given in: ``scale`` brings it to full units ("USD million": 1e6)."""

    percent: bool
    currency: str | None
    scale: float

    @classmethod
    def read(cls, unit: str | None) -> "GoldUnit":
        """The unit as a sample writes it: ``USD million``, ``percent``, ``million shares``, ``USD/share``."""
        words = [word.lower() for word in _WORD.findall(unit or "")]
        scale = 1.0
        currency = None
        for word in words:
            singular = word.removesuffix("s")
            scale *= SCALES.get(singular, 1.0) if len(singular) > 1 else 1.0
            currency = currency or CURRENCIES.get(word) or CURRENCIES.get(singular)
        return cls(percent=bool(_PERCENT.search(unit or "")), currency=currency, scale=scale)
