"""Numbers in words, as a person writes them out: "three hundred ninety-one thousand thirty-five"."""

_SMALL_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_SMALL = _SMALL_WORDS.split()
_TENS_WORDS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = _TENS_WORDS.split()
_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))


def say_number(text: str) -> str:
    """The decimal number ``text`` in words; decimals are read out digit by digit.

    Raises:
        ValueError: It is no number.
    """
    plain = text.replace(",", "")
    float(plain)
    whole, _, decimals = plain.lstrip("-").partition(".")
    words = _say_whole(int(whole or 0))
    if decimals:
        words += " point " + " ".join(_SMALL[int(digit)] for digit in decimals)
    return f"minus {words}" if plain.startswith("-") else words


def _say_whole(number: int) -> str:
    for size, name in _SCALES:
        if number >= size:
            rest = f" {_say_whole(number % size)}" if number % size else ""
            return f"{_say_whole(number // size)} {name}{rest}"
    if number < len(_SMALL):
        return _SMALL[number]
    ones = f"-{_SMALL[number % 10]}" if number % 10 else ""
    return _TENS[number // 10] + ones
