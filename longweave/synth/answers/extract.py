r"""The final answer in a response: what follows "Therefore, the answer is", without thinking and markup.

A response whose thinking never ends has no answer. Without the closing line, another way to announce an
answer counts (``Final answer:``, ``\boxed{}``), and failing that the last line that says anything.
"""

import re

_THINKING_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THINKING_START = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_MARK = r"[\s*_`:,]*"
_MARK_ON_LINE = r"[ \t*_`:,]*"
_CLOSING_LINE = re.compile(
    rf"therefore{_MARK}the{_MARK}(?:final{_MARK})?answer{_MARK}(?:is|would be){_MARK_ON_LINE}", re.IGNORECASE
)
_OTHERWISE = (
    re.compile(rf"\bthe{_MARK}(?:final{_MARK}|correct{_MARK})?answer{_MARK}is{_MARK_ON_LINE}", re.IGNORECASE),
    re.compile(r"(?:^|\n)(?:[*_#>-]|[^\S\n])*(?:final\s+)?answer[*_]*\s*[:：][*_]*[ \t]*", re.IGNORECASE),
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_TEXT_COMMAND = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_PLACEHOLDER = re.compile(r"\(?insert answer here\)?", re.IGNORECASE)
_LATEX = (
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\times"), "×"),
    (re.compile(r"\\approx"), "≈"),
    (re.compile(r"\\(?:left|right)(?=[()\[\]])"), ""),
    (re.compile(r"\\[,;:! ]"), " "),
    (re.compile(r"\\([%$&#_])"), r"\1"),
    (re.compile(r"\\[\[\]()]"), " "),
)
_EMPHASIS = re.compile(r"\*\*|__|`+|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|\$\$")
_MATH = re.compile(r"^\$([^$]*[^$\d\s][^$]*|[^$]*)\$$")
_ABBREVIATED = re.compile(r"\b(?:Inc|Co|Corp|Ltd|S\.A|N\.V|U\.S|Jr|Sr|St|etc)\.$")
_QUOTES = frozenset({('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’")})
_CHAT_TOKEN = re.compile(r"<\|[a-z_]+\|>")
_LAST_CHAT_TOKENS = re.compile(r"(?:\s*<\|[a-z_]+\|>)+\s*$")
_LONGEST = 200_000


def extract_answer(response: str, prefix: str | None = None) -> str:
    """The answer that ``response`` ends with, as plain text on one or more lines; "" if it has none.

    With a ``prefix`` that it must begin with, the answer is a text to be reproduced: all that follows the
    closing line's words, or without them the whole response, with nothing cleaned.
    """
    if prefix is not None:
        return _extract_exactly(response)
    text = _CHAT_TOKEN.sub("", _without_thinking(response[-_LONGEST:])).strip()
    closing = _find_last(_CLOSING_LINE, text)
    if closing is not None:
        return clean_answer(_first_passage(text[closing.end() :]))
    for pattern in _OTHERWISE:
        announced = _find_last(pattern, text)
        if announced is not None and (answer := clean_answer(_first_passage(text[announced.end() :]))):
            return answer
    boxed = _last_boxed(text)
    if boxed:
        return clean_answer(boxed)
    lines = [cleaned for line in text.splitlines() if (cleaned := clean_answer(line))]
    return lines[-1] if lines else ""


def _extract_exactly(response: str) -> str:
    text = _LAST_CHAT_TOKENS.sub("", _without_thinking(response[-_LONGEST:]))
    closing = _find_last(_CLOSING_LINE, text)
    return (text if closing is None else text[closing.end() :]).strip()


def clean_answer(text: str) -> str:
    """``text`` without LaTeX and markdown, quotes around it, or a full stop at its end."""
    boxed = _last_boxed(text)
    text = text if boxed is None else boxed
    text = _PLACEHOLDER.sub("", text)
    text = _FRACTION.sub(r"\1/\2", text)
    text = _TEXT_COMMAND.sub(r"\1", text)
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    text = _EMPHASIS.sub("", text).strip()
    text = _MATH.sub(r"\1", text).strip()
    text = text.strip(" \t:;")
    if text.endswith(".") and not _ABBREVIATED.search(text):
        text = text[:-1].rstrip()
    if len(text) > 1 and (text[0], text[-1]) in _QUOTES:
        text = text[1:-1].strip().removesuffix(".")
    return text


def _find_last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=re.Match.start, default=None)


def _without_thinking(text: str) -> str:
    end = _find_last(_THINKING_END, text)
    text = text if end is None else text[end.end() :]
    start = _THINKING_START.search(text)
    return text if start is None else text[: start.start()]


def _first_passage(rest: str) -> str:
    """The rest of the line; if it is empty, the lines up to the next blank one."""
    line, _, below = rest.partition("\n")
    if line.strip(" \t*_:`$\\[") or not below:
        return line
    passage: list[str] = []
    for candidate in below.splitlines():
        if candidate.strip():
            passage.append(candidate)
        elif passage:
            break
    return "\n".join(passage)


def _last_boxed(text: str) -> str | None:
    r"""The content of the last ``\boxed{…}``, braces balanced."""
    starts = list(_BOXED.finditer(text))
    if not starts:
        return None
    begin = starts[-1].end()
    depth = 1
    for at in range(begin, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[begin:at]
    return text[begin:]
