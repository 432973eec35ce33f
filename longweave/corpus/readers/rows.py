"""From a row of named values to a ``Document``: fields mapped, types checked, newlines made one kind.

The text is otherwise untouched, so that offsets into it hold. Whatever is wrong raises ``UnusableInput``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from longweave.corpus.rejected import UnusableInput
from longweave.corpus.settings import DocumentField, SourceSettings
from longweave.synth.prompt import find_reserved_mark
from longweave.synth.records import Document, Domain, content_id

Count = Callable[[str], int]

_DOMAINS: tuple[Domain, ...] = get_args(Domain)


def make_document(row: Mapping[str, Any], source: SourceSettings, count: Count) -> Document:
    """The document of one row of ``source``; ``count`` counts the tokens of a text.

    A row without an id gets the hash of its text, unless the settings name an id column; one without a
    title gets its id.

    Raises:
        UnusableInput: Text, domain, licence or a column named in the settings is missing or of the wrong
            type, or the text is empty, or it or the title holds what no prompt may hold.
    """
    text = _clean_text(_required(row, source, "text"))
    doc_id = _doc_id(row, source, text)
    title = " ".join(_optional(row, source, "title").split()) or doc_id
    if mark := find_reserved_mark(title):
        raise UnusableInput("reserved_marker", f"{mark} in the title")
    return Document(
        doc_id=doc_id,
        title=title,
        text=text,
        domain=_domain(_required(row, source, "domain")),
        source=_optional(row, source, "source") or source.name,
        license=_required(row, source, "license"),
        n_tokens=count(text),
        meta=_meta(row, source),
    )


def _value(row: Mapping[str, Any], source: SourceSettings, field: DocumentField) -> Any:
    value = row.get(source.fields.get(field, field))
    if value is None:
        if field == "domain":
            return source.values.domain
        if field == "source":
            return source.values.source
        if field == "license":
            return source.values.license
    return value


def _required(row: Mapping[str, Any], source: SourceSettings, field: DocumentField) -> str:
    value = _value(row, source, field)
    if value is None:
        raise UnusableInput("missing_field", f"no {field} in column {source.fields.get(field, field)!r}")
    return _text_of(value, field)


def _optional(row: Mapping[str, Any], source: SourceSettings, field: DocumentField) -> str:
    value = _value(row, source, field)
    return "" if value is None else _text_of(value, field)


def _text_of(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise UnusableInput("wrong_type", f"{field} is of type {type(value).__name__}, not text")
    if not _is_encodable(value):
        raise UnusableInput("invalid_unicode", f"{field} holds half a surrogate pair")
    return value


def _clean_text(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnusableInput("no_text", "the text is empty or blank")
    if "\x00" in text:
        raise UnusableInput("nul_character", f"NUL at character {text.index(chr(0))}")
    if mark := find_reserved_mark(text):
        raise UnusableInput("reserved_marker", f"{mark} at character {text.index(mark)}")
    return text


def _doc_id(row: Mapping[str, Any], source: SourceSettings, text: str) -> str:
    value = _value(row, source, "doc_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        if "doc_id" in source.fields:
            raise UnusableInput("missing_field", f"no doc_id in column {source.fields['doc_id']!r}")
        return f"{source.name}-{content_id(text)}"
    doc_id = _text_of(value, "doc_id").strip()
    if not doc_id:
        raise UnusableInput("missing_field", "the doc_id is empty")
    return doc_id


def _domain(value: str) -> Domain:
    for domain in _DOMAINS:
        if value == domain:
            return domain
    raise UnusableInput("unknown_domain", f"{value!r} is none of {', '.join(_DOMAINS)}")


def _meta(row: Mapping[str, Any], source: SourceSettings) -> dict[str, Any]:
    value = _value(row, source, "meta")
    if value is None:
        return {}
    try:
        meta = json.loads(value) if isinstance(value, str) else value
        written = json.dumps(meta, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnusableInput("wrong_type", f"meta is not JSON: {error}") from error
    if not isinstance(meta, dict) or not all(isinstance(key, str) for key in meta):
        raise UnusableInput("wrong_type", f"meta is of type {type(meta).__name__}, not an object")
    if not _is_encodable(written):
        raise UnusableInput("invalid_unicode", "meta holds half a surrogate pair")
    return meta


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
