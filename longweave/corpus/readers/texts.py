"""Text, markdown, HTML and Python files: one document per file."""

import re
from pathlib import PurePosixPath
from typing import Any

from longweave.corpus.readers.files import SourceFile, read_blocks
from longweave.corpus.readers.html import convert_html
from longweave.corpus.rejected import UnusableInput
from longweave.corpus.settings import ReadLimits, SourceSettings

_BOM = b"\xef\xbb\xbf"
_HTML = (".html", ".htm", ".xhtml")
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S[^\n]*)", re.MULTILINE)


def read_text_file(file: SourceFile, source: SourceSettings, limits: ReadLimits) -> dict[str, Any]:
    """The row of one file. Its id is the source's name with the path below the folder, its title the HTML
    title, the first markdown heading, or source and path.

    Raises:
        UnusableInput: The file is empty, binary, too large, not UTF-8, or cannot be opened.
    """
    suffix = PurePosixPath(file.name).suffix.lower()
    text = _decode(_read_bounded(file, limits))
    title = ""
    if suffix in _HTML:
        page = convert_html(text)
        text, title = page.text, page.title
    elif suffix in (".md", ".markdown") and (heading := _HEADING.search(text)):
        title = heading.group(1).strip()
    return {
        source.fields.get("doc_id", "doc_id"): f"{source.name}/{file.name}",
        source.fields.get("title", "title"): title or f"{source.name}: {file.name}",
        source.fields.get("text", "text"): text,
        source.fields.get("source", "source"): f"{source.values.source or source.name}: {file.name}",
        source.fields.get("meta", "meta"): {"path": file.name},
    }


def _read_bounded(file: SourceFile, limits: ReadLimits) -> bytes:
    parts: list[bytes] = []
    size = 0
    for block in read_blocks(file, limits.max_expansion):
        size += len(block)
        if size > limits.max_document_bytes:
            raise UnusableInput(
                "too_large",
                f"more than corpus.limits.max_document_bytes = {limits.max_document_bytes:,} bytes",
            )
        parts.append(block)
    return b"".join(parts)


def _decode(data: bytes) -> str:
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + (len(_BOM) if data.startswith(_BOM) else 0)
        raise UnusableInput(
            "invalid_utf8", f"byte 0x{data[at]:02x} at byte offset {at:,} of the file"
        ) from error
