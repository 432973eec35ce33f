"""Each rule by its reason, on documents of the sample corpus and what is made of them."""

import gzip
import json
import random
from pathlib import Path

import pytest

from longweave.corpus import FilterSettings, filter_document
from longweave.corpus.filters import RULES, count_tables
from longweave.corpus.filters.profile import SAMPLE_CHARS, make_profile, take_sample
from longweave.synth.records import Document

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SETTINGS = FilterSettings()


def _document(text: str, n_tokens: int | None = None) -> Document:
    tokens = len(text) // 4 if n_tokens is None else n_tokens
    return Document(
        doc_id="d", title="d", text=text, domain="general", source="s", license="CC0", n_tokens=tokens
    )


def _reason(text: str, settings: FilterSettings = SETTINGS, n_tokens: int = 1_000) -> str | None:
    dropped = filter_document(_document(text, n_tokens), settings)
    return dropped and dropped.reason


def _sample(domain: str) -> list[Document]:
    with gzip.open(SAMPLE / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as rows:
        documents = [Document.model_validate(json.loads(row)) for row in rows]
    return [each.model_copy(update={"n_tokens": len(each.text) // 3}) for each in documents]


@pytest.fixture(scope="module")
def papers() -> list[str]:
    return [document.text[2_000:12_000] for document in _sample("academic") if len(document.text) > 20_000][
        :12
    ]


@pytest.fixture(scope="module")
def programs() -> list[str]:
    return [document.text[:9_000] for document in _sample("code") if len(document.text) > 9_000][:12]


@pytest.mark.parametrize("domain", ["academic", "code", "dialogue", "general", "literature", "professional"])
def test_hardly_any_document_of_the_sample_is_dropped(domain: str) -> None:
    documents = _sample(domain)
    dropped = [document.doc_id for document in documents if filter_document(document, SETTINGS)]
    assert len(dropped) <= 0.02 * len(documents), dropped


def test_length_is_in_tokens() -> None:
    dropped = filter_document(_document("The dog barks. " * 3, n_tokens=12), SETTINGS)
    assert dropped and (dropped.reason, dropped.detail) == ("too_short", "12 tokens, fewer than 96")
    assert _reason("words", FilterSettings(max_tokens=999)) == "too_long"


def test_words_in_random_order_are_shuffled_words(papers: list[str]) -> None:
    rng = random.Random(7)
    for text in papers:
        words = text.split()
        rng.shuffle(words)
        assert _reason(" ".join(words)) == "shuffled_words"
        assert _reason(" ".join(text.split())) is None


def test_signs_inside_words_are_character_noise(papers: list[str], programs: list[str]) -> None:
    rng = random.Random(7)
    for text in papers + programs:
        noisy = "".join(
            rng.choice("#@%~^|\\§¶0123") if c.isalpha() and rng.random() < 0.12 else c for c in text
        )
        assert _reason(noisy) == "character_noise"


def test_one_passage_again_and_again_is_a_repeated_passage(papers: list[str], programs: list[str]) -> None:
    for text in papers + programs:
        assert _reason("\n".join([text[:400]] * 20)) == "repeated_passage"


def test_a_refrain_is_no_repetition() -> None:
    verses = [
        f"In year {year} the company sold {year % 97} ships to the port of number {year}."
        for year in range(90)
    ]
    assert _reason("\n\n".join(f"{verse}\nAnd so it went." for verse in verses)) is None


SPANISH = (
    "La empresa vendió más productos este año que el año pasado, sobre todo en los mercados del norte, donde "
    "los precios subieron y la demanda de los clientes creció de forma constante durante tres trimestres. "
)
RUSSIAN = "Компания продала в этом году больше товаров, чем в прошлом, прежде всего на рынках севера страны. "
HINDI = "कंपनी ने इस वर्ष पिछले वर्ष की तुलना में अधिक उत्पाद बेचे, मुख्य रूप से उत्तरी बाजारों में जहाँ मांग बढ़ी। "
CHINESE = "该公司今年的产品销量超过去年,主要是在北方市场,那里的价格上涨,客户需求在前三个季度持续增长。"


@pytest.mark.parametrize("text", [SPANISH, RUSSIAN, HINDI, CHINESE])
def test_other_languages_are_dropped_unless_wanted(text: str) -> None:
    passage = "\n\n".join(f"{number}. {text}" for number in range(1, 5))
    assert _reason(passage, FilterSettings(skip_rules=("repetition",))) == "language"


def test_a_wanted_language_is_kept() -> None:
    assert _reason(SPANISH, FilterSettings(languages=("en", "es"))) is None


def test_code_has_no_language(programs: list[str]) -> None:
    assert all(_reason(text, FilterSettings(languages=("fr",))) is None for text in programs)


MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to
deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, subject to the following conditions: The
above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING
BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM."""


def test_a_licence_is_boilerplate_but_not_the_program_or_report_that_quotes_it(
    papers: list[str], programs: list[str]
) -> None:
    assert _reason(MIT) == "licence_text"
    assert _reason(f"{papers[0]}\n\n{MIT}") is None
    header = "".join(f"# {line}\n" for line in MIT.splitlines())
    assert _reason(f"{header}\n{programs[0]}") is None


def test_menus_are_navigation() -> None:
    entries = [
        "Home",
        "About us",
        "Products",
        "Contact us",
        "Log in",
        "Search",
        "Privacy policy",
        "Terms of use",
    ]
    assert _reason("\n".join([*entries, "Bolts", "Nuts"]), FilterSettings(min_tokens=0)) == "navigation"


def test_sources_that_are_not_read_are_told_apart() -> None:
    path = "".join(f"L{x} {x * 7 % 90} " for x in range(300))
    assert (
        _reason(f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0 {path}z"/></svg>') == "vector_image"
    )
    rules = "".join(f".box-{n} > a:hover {{ color: #{n:03}; margin: 0 {n}px; }}\n" for n in range(40))
    assert _reason(f"/* styles of the page */\n{rules}") == "style_sheet"
    script = "".join(
        f"var item{n} = document.getElementById('n{n}'); if (item{n} === undefined) {{ f(); }}\n"
        for n in range(40)
    )
    assert _reason(f"(function () {{\n{script}}});") == "script"
    rows = "".join(f'<row id="{n}" name="node{n}" parent="{n // 2}"/>\n' for n in range(60))
    assert _reason(f'<?xml version="1.0"?>\n<rows>\n{rows}</rows>') == "bare_markup"


def test_lists_without_sentences_are_told_apart() -> None:
    pins = "".join(f"package-{n}=={n % 7}.{n % 5}.0\n    # via package-{n // 2}\n" for n in range(40))
    assert _reason(pins) == "requirement_list"
    locked = "".join(f'[[package]]\nname = "p{n}"\nsdist = "sha256:{n:064x}"\n' for n in range(40))
    assert _reason(locked) == "lock_file"
    assert _reason("".join(f"{n} {n * 7 % 90} {n / 8}\n" for n in range(200))) == "data_list"
    records = ",\n".join(f'{{"input": "x{n * 37}", "port": {n}, "path": "/k{n}"}}' for n in range(60))
    assert _reason(f"[{records}]") == "data_list"


def test_a_program_of_mere_data_is_kept() -> None:
    rows = "".join(f"    ({n}, {n * 7 % 90}, {n % 3}),\n" for n in range(200))
    assert _reason(f"from tables import Table\n\nWIDTHS = Table([\n{rows}])\n") is None


def test_forms_with_placeholders_and_bare_contents_pages_are_dropped(papers: list[str]) -> None:
    form = f"{papers[0][:1500]}\nTarget\n[To be determined]\nOwner\n[insert name of owner]\n[TBD]\n"
    assert _reason(form) == "unfilled_template"
    assert _reason(f"{papers[0]} The date is [TBD].") is None
    lines = "".join(f"{n}.{n % 4} Objectives of chapter {n} {'.' * 80} {n}\n" for n in range(60))
    assert _reason(lines) == "contents_only"
    assert _reason(f"{lines}\n{papers[0]}") is None


ROWS = "".join(f"<tr><td>Item {n}</td><td>{n * 131}</td><td>({n * 17})</td></tr>\n" for n in range(40))
HTML = f"<table>\n<tr><th>USD</th><th>2024</th><th>2023</th></tr>\n{ROWS}</table>"


def test_tables_without_prose_are_dropped_and_with_prose_kept(papers: list[str]) -> None:
    assert _reason(f"{HTML}\n{HTML.replace('Item', 'Other')}") == "tables_only"
    markdown = "| a | b |\n| --- | --- |\n" + "".join(f"| row {n} | {n * 131} |\n" for n in range(40))
    assert _reason(markdown) == "tables_only"
    assert _reason(f"{papers[0]}\n\n{HTML}\n{markdown}") is None


@pytest.mark.parametrize(
    ("text", "sound", "broken"),
    [
        (HTML, 1, 0),
        (HTML.removesuffix("</table>"), 0, 1),
        (HTML.replace("<th>2024</th>", '<th colspan="100000">2024</th>'), 0, 1),
        (f"<table>\n{HTML}", 1, 0),
        ("<table><tr><td>Page</td><td>of the report</td></tr></table>", 0, 0),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |\n", 1, 0),
        ("| a | b |\n| --- | --- |\n| 1 | 2 | 3 |\n", 0, 1),
        ("Net sales     $ 1,234   $ 1,100\nCosts     (567)   (500)\n\nProfit     667     600\n", 1, 0),
        ("One line     12\nand prose after it\nOne line     12\n", 0, 0),
    ],
)
def test_sound_and_broken_tables_are_counted_by_form(text: str, sound: int, broken: int) -> None:
    assert count_tables(text) == (sound, broken)


def test_where_tables_are_wanted_too_few_or_broken_ones_drop(papers: list[str]) -> None:
    wanted = FilterSettings(min_tables=2)
    prose = papers[0].replace("<table", "<p").replace("</table", "</p")
    assert _reason(f"{prose}\n{HTML}\n{HTML.replace('Item', 'Post')}", wanted) is None
    assert _reason(f"{prose}\n{HTML}", wanted) == "too_few_tables"
    assert _reason(f"{prose}\n{HTML}\n{HTML.removesuffix('</table>')}", wanted) == "broken_tables"


def test_a_rule_that_is_skipped_does_not_drop() -> None:
    for rule, text in (("boilerplate", MIT), ("tables", f"{HTML}\n{HTML.replace('Item', 'Other')}")):
        assert _reason(text) is not None
        assert _reason(text, FilterSettings(skip_rules=(rule,))) is None


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize(
    "text", ["", " ", "\n", "x", "{" * 3_000, "<" * 3_000, "|\n" * 500, "<table" * 500, "a b" * 9_000]
)
def test_no_rule_fails_on_odd_text(rule: str, text: str) -> None:
    RULES[rule](make_profile(text, 1_000), FilterSettings(min_tables=1))


def test_a_long_text_is_sampled_in_whole_lines_from_its_whole_length() -> None:
    text = "".join(f"line {n} of the long text\n" for n in range(20_000))
    sample = take_sample(text)
    numbers = [int(line.split()[1]) for line in sample.split("\n") if line]
    assert len(sample) <= SAMPLE_CHARS + 20
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1] > 19_900) == (0, True)
    assert all(line.endswith("of the long text") for line in sample.split("\n") if line)
