"""How a maker's prompt is put together: the documents first, then the instruction from a text file.

``render_documents`` shows documents exactly as a sample's prompt does, and depends on nothing else: all roles
that work on the same documents begin with the same characters, which is what a server's prefix cache needs.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from longweave.synth.errors import SettingsError
from longweave.synth.llm.request import Prompt
from longweave.synth.prompt import FOOTER, PromptPiece, piece_header

_FIELD = re.compile(r"\{([a-z][a-z_]*)\}")
_PREFIX_BYTES = 8


def render_documents(documents: Iterable[PromptPiece]) -> str:
    """``documents`` in order, each with its index (from 1) and title, between ``<text>`` and ``</text>``.

    Newlines around a body do not count. An empty string if there are no documents.
    """
    shown = [
        f"{piece_header(index, piece.title)}{_close_lines(piece.body)}{FOOTER}"
        for index, piece in enumerate(documents, start=1)
    ]
    return f"<text>\n{''.join(shown)}</text>" if shown else ""


def load_prompt(package: str, name: str, /, **fields: str) -> str:
    """The text of ``prompts/<name>`` in the folder of ``package``, without the newlines at its end.

    Each ``{field}`` of the file (lower-case letters and underscores) is replaced by the value of that name,
    which may hold anything; other braces stay as they are.

    Raises:
        SettingsError: There is no such file, or its fields are not those that are given.
    """
    text = _read_prompt(package, name)
    wanted = set(_FIELD.findall(text))
    if wanted != fields.keys():
        missing, unknown = sorted(wanted - fields.keys()), sorted(fields.keys() - wanted)
        parts = [f"no value for {{{field}}}" for field in missing]
        parts += [f"no place for {{{field}}}" for field in unknown]
        raise SettingsError(
            ", ".join(parts),
            where=f"{package}/prompts/{name}",
            fix="A prompt file must have exactly the fields that its code fills.",
        )
    return _FIELD.sub(lambda match: fields[match.group(1)], text)


def prefix_of(prompt: Prompt) -> bytes:
    """8 bytes that stand for the documents of ``prompt``; none if it has no documents."""
    if not prompt.documents:
        return b""
    data = prompt.documents.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=_PREFIX_BYTES).digest()


def _close_lines(body: str) -> str:
    inner = body.strip("\n")
    return f"{inner}\n" if inner else ""


@cache
def _read_prompt(package: str, name: str) -> str:
    try:
        return (files(package) / "prompts" / name).read_text(encoding="utf-8").rstrip("\n")
    except FileNotFoundError:
        raise SettingsError(
            "there is no such prompt file",
            where=f"{package}/prompts/{name}",
            fix="Prompt files lie in the folder prompts beside the code that reads them.",
        ) from None
