import gzip
import json
import os
import tracemalloc
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from longweave.corpus import ReadLimits, Rejected, SourceSettings, read_source
from longweave.synth.errors import InputError
from longweave.synth.records import Document

ROW = {"doc_id": "a", "title": "A", "text": "Net sales rose.", "domain": "professional", "license": "CC0"}


def _row(**changes: object) -> str:
    return json.dumps({key: value for key, value in (ROW | changes).items() if value is not None})


def _write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
    return path


def _read(
    path: Path | str, kind: str = "jsonl", limits: ReadLimits | None = None, **settings: object
) -> list:
    source = SourceSettings(name="src", format=kind, paths=(str(path),), **settings)
    return list(read_source(source, limits or ReadLimits(), lambda text: len(text.split()), {}))


def _only(items: list) -> Rejected:
    (item,) = items
    assert isinstance(item, Rejected)
    return item


def test_rows_become_documents_with_tokens_counted(tmp_path: Path) -> None:
    (document,) = _read(_write(tmp_path / "a.jsonl", _row(meta={"year": 2024})))
    assert document == Document(
        doc_id="a",
        title="A",
        text="Net sales rose.",
        domain="professional",
        source="src",
        license="CC0",
        n_tokens=3,
        meta={"year": 2024},
    )


def test_gzip_is_known_by_its_bytes_even_in_several_members(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(_row().encode() + b"\n") + gzip.compress(_row(doc_id="b").encode()))
    assert [document.doc_id for document in _read(path)] == ["a", "b"]


def test_columns_are_mapped_and_values_fixed_by_settings(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", json.dumps({"id": 7, "body": "Text here."}))
    (document,) = _read(
        path, fields={"doc_id": "id", "text": "body"}, values={"domain": "general", "license": "CC BY 4.0"}
    )
    assert (document.doc_id, document.title, document.domain, document.license) == (
        "7",
        "7",
        "general",
        "CC BY 4.0",
    )


def test_a_row_without_id_gets_one_from_its_text_unless_a_column_was_named(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", _row(doc_id=None))
    (document,) = _read(path)
    assert document.doc_id.startswith("src-")
    assert _only(_read(path, fields={"doc_id": "id"})).reason == "missing_field"


def test_newlines_become_one_kind_and_the_rest_of_the_text_stays(tmp_path: Path) -> None:
    (document,) = _read(_write(tmp_path / "a.jsonl", _row(text=" a\r\nb\rc \t\n\n ")))
    assert document.text == " a\nb\nc \t\n\n "


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ('{"doc_id": "a", ', "invalid_json", "at column"),
        ("[1, 2]", "wrong_type", "list, not an object"),
        ('{"text": NaN}', "invalid_json", "NaN is no JSON value"),
        ("[" * 100_000, "invalid_json", ""),
        (_row(text=None), "missing_field", "no text in column 'text'"),
        (_row(text=""), "no_text", "empty or blank"),
        (_row(text=" \n\t"), "no_text", "empty or blank"),
        (_row(text=["x"]), "wrong_type", "text is of type list, not text"),
        (_row(title=5), "wrong_type", "title is of type int, not text"),
        (_row(doc_id=True), "wrong_type", "doc_id is of type bool"),
        (_row(doc_id=" "), "missing_field", "the doc_id is empty"),
        (_row(domain="finance"), "unknown_domain", "'finance' is none of code, academic"),
        (_row(license=None), "missing_field", "no license in column 'license'"),
        (_row(meta=[1]), "wrong_type", "meta is of type list, not an object"),
        (_row(text="a\x00b"), "nul_character", "NUL at character 1"),
        (_row(text="half \ud800 pair"), "invalid_unicode", "text holds half a surrogate pair"),
        (_row(meta={"k": "\ud800"}), "invalid_unicode", "meta holds half a surrogate pair"),
        (_row(text="see </document> here"), "reserved_marker", "</document> at character 4"),
        (_row(text='<document index="1">'), "reserved_marker", "<document index= at character 0"),
        (_row(text="x </text>"), "reserved_marker", "</text> at character 2"),
        (_row(title="On <think>"), "reserved_marker", "<think> in the title"),
    ],
)
def test_a_bad_row_is_one_line_with_its_number_and_the_next_is_read(
    tmp_path: Path, line: str, reason: str, detail: str
) -> None:
    rejected, document = _read(_write(tmp_path / "a.jsonl", line, _row(doc_id="next")))
    assert (rejected.where, rejected.reason) == ("a.jsonl:1", reason)
    assert detail in rejected.detail
    assert "\n" not in str(rejected)
    assert document.doc_id == "next"


def test_invalid_utf8_is_named_by_its_byte_offset_in_the_file(tmp_path: Path) -> None:
    first = _row()
    items = _read(_write(tmp_path / "a.jsonl", first, b'{"text": "caf\xe9"}', _row(doc_id="c")))
    assert items[1] == Rejected(
        "a.jsonl:2", "invalid_utf8", f"byte 0xe9 at byte offset {len(first) + 1 + 13} of the file"
    )
    assert [item.doc_id for item in (items[0], items[2])] == ["a", "c"]


def test_the_first_document_keeps_a_repeated_id(tmp_path: Path) -> None:
    lines = [_row(), _row(), _row(text="Another text.")]
    kept, same, other = _read(_write(tmp_path / "a.jsonl", *lines))
    assert kept.text == "Net sales rose."
    assert same == Rejected("a.jsonl:2", "duplicate_id", "'a' stands at a.jsonl:1 with the same text")
    assert other == Rejected("a.jsonl:3", "duplicate_id", "'a' stands at a.jsonl:1 with another text")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary_file"),
        (gzip.compress(_row().encode() * 200)[:60], "damaged_file"),
        (b"\x1f\x8b garbage", "damaged_file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    _write(tmp_path / "b.jsonl", _row())
    rejected, document = _read(tmp_path / "*.jsonl")
    assert (rejected.where, rejected.reason) == ("a.jsonl", reason)
    assert document.doc_id == "a"


def test_a_decompression_bomb_is_left_early(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"\n" * 200_000_000, compresslevel=9))
    assert _only(_read(tmp_path / "a.jsonl.gz")).reason == "decompression_bomb"


def test_a_line_of_200_megabytes_is_rejected_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as out:
        out.write(b'{"text": "')
        for _ in range(200):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n' + _row().encode())
    tracemalloc.start()
    rejected, document = _read(path, limits=ReadLimits(max_document_bytes=5_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejected == Rejected(
        "a.jsonl:1", "too_large", "200,000,012 bytes, more than corpus.limits.max_document_bytes = 5,000,000"
    )
    assert document.doc_id == "a"
    assert peak < 20_000_000


def test_a_path_that_names_nothing_is_an_error_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing-here.*no such file.*Check the source's paths"):
        _read(tmp_path / "nothing-here.jsonl")


def test_parquet_rows_are_read_like_json_rows(tmp_path: Path) -> None:
    rows = [ROW | {"meta": '{"k": 1}', "unused": 3}, ROW | {"doc_id": "b", "text": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    document, rejected = _read(tmp_path / "a.parquet", "parquet")
    assert (document.doc_id, document.meta) == ("a", {"k": 1})
    assert (rejected.where, rejected.reason) == ("a.parquet:2", "missing_field")


def test_parquet_texts_beyond_the_limit_and_damaged_files_are_rejected(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([ROW | {"text": "x" * 2000}]), tmp_path / "a.parquet")
    limits = ReadLimits(max_document_bytes=1000)
    assert _only(_read(tmp_path / "a.parquet", "parquet", limits)).reason == "too_large"
    (tmp_path / "b.parquet").write_bytes(b"PAR1 but no more")
    assert _only(_read(tmp_path / "b.parquet", "parquet")).reason == "damaged_file"
    (tmp_path / "c.parquet").write_bytes(b"no parquet")
    assert _only(_read(tmp_path / "c.parquet", "parquet")).reason == "damaged_file"


VALUES = {"domain": "general", "license": "CC0"}


def test_a_folder_gives_one_document_per_text_markdown_and_html_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.md").write_text("intro\n\n# The title\n\nBody.\n")
    (tmp_path / "deep" / "a.txt").write_bytes(b"\xef\xbb\xbfPlain text.\r\n")
    (tmp_path / "c.html").write_text("<title>Page</title><p>Para &amp; more</p>")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\x00")
    (tmp_path / ".hidden.txt").write_text("no")
    documents = _read(tmp_path, "folder", values=VALUES)
    assert [(d.doc_id, d.title, d.text) for d in documents] == [
        ("src/b.md", "The title", "intro\n\n# The title\n\nBody.\n"),
        ("src/c.html", "Page", "Para & more\n"),
        ("src/deep/a.txt", "src: deep/a.txt", "Plain text.\n"),
    ]


def test_a_folder_s_bad_files_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_bytes(b"ab\xff")
    (tmp_path / "c.txt").write_bytes(b"a\x00b")
    (tmp_path / "d.txt").write_bytes(b"x" * 2000)
    items = _read(tmp_path, "folder", ReadLimits(max_document_bytes=1000), values=VALUES)
    assert [(item.where, item.reason) for item in items] == [
        ("a.txt", "empty_file"),
        ("b.txt", "invalid_utf8"),
        ("c.txt", "binary_file"),
        ("d.txt", "too_large"),
    ]


def test_links_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "own.txt").write_text("own text")
    os.symlink(outside / "secret.txt", inside / "link.txt")
    os.symlink(outside, inside / "folder")
    os.symlink(inside / "own.txt", inside / "alias.txt")
    items = _read(inside, "folder", values=VALUES)
    assert [(getattr(item, "doc_id", ""), getattr(item, "reason", "")) for item in items] == [
        ("src/alias.txt", ""),
        ("", "outside_folder"),
        ("", "outside_folder"),
        ("src/own.txt", ""),
    ]


def test_a_python_tree_gives_its_modules(tmp_path: Path) -> None:
    (tmp_path / "pkg" / "__pycache__").mkdir(parents=True)
    (tmp_path / "pkg" / "mod.py").write_text("def f():\n    return 1\n")
    (tmp_path / "pkg" / "__pycache__" / "mod.py").write_text("x = 1\n")
    (tmp_path / "readme.md").write_text("no code")
    (document,) = _read(tmp_path, "python", values={"domain": "code", "license": "MIT"})
    assert (document.doc_id, document.meta) == ("src/pkg/mod.py", {"path": "pkg/mod.py"})


def test_any_fsspec_file_system_can_hold_the_files() -> None:
    with fsspec.open("memory://corpus-readers/x/a.jsonl", "wt") as out:
        out.write(_row())
    with fsspec.open("memory://corpus-texts/deep/a.txt", "wt") as out:
        out.write("Some text.")
    assert [document.doc_id for document in _read("memory://corpus-readers/x/*.jsonl")] == ["a"]
    assert [document.doc_id for document in _read("memory://corpus-texts", "folder", values=VALUES)] == [
        "src/deep/a.txt"
    ]


def test_files_need_a_domain_and_a_licence_from_the_settings() -> None:
    with pytest.raises(ValidationError, match="files carry no domain and license"):
        SourceSettings(name="x", format="folder", paths=("texts",))
