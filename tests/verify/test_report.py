"""The report: what it shows, that it stands alone, and that documents cannot write into it."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.records import Check, Document, Sample, canonical_json
from longweave.verify.report import RejectedRow, StageBooks, build_report
from longweave.verify.report.charts import percent, shorten_number
from longweave.verify.report.gather import N_CARDS, gather_rejects, gather_samples
from longweave.verify.report.passage import cut_passage
from longweave.verify.report.sample_card import make_card
from tests.made_samples import APPLE, REVENUES, SALES, STANDARD, UNION_PACIFIC, Shown, make_sample, quote

STAGES = [
    StageBooks("filter_corpus", 40, 30, {"too_short": 3, "near_duplicate": 7}),
    StageBooks("verify_samples", 2, 1, {"answer_differs": 1}),
]
REJECTS = [
    RejectedRow("verify_samples", "abc123", "answer_differs", "the prompt's tables give 5, not 4"),
    *(RejectedRow("filter_corpus", f"doc-{n}", "near_duplicate", f"of doc-{n + 100}") for n in range(7)),
]
ATTACK = """</script><script>alert(1)</script><img src=x onerror="alert(2)">'"&{{ 7 * 7 }}"""


def report(*samples: Sample, rejects: list[RejectedRow] = REJECTS) -> str:
    """The page of a run with ``samples``."""
    return build_report("demo", STAGES, samples, rejects, {"train": 1, "val": 0})


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()

    @property
    def text(self) -> str:
        """All visible text with single blanks."""
        return " ".join(self.words)


def test_the_page_shows_the_question_its_answer_and_its_proof() -> None:
    sample = make_sample(checks=[Check(name="proof:tables", passed=True)])
    text = Page(report(sample)).text
    assert sample.question in text
    assert "Answer 415285 millions of US dollars" in text
    assert "SELECT sum(value) / 1000000 FROM scope" in text
    assert (
        "Document 2, Apple Inc. Form 10-K for period ended September 28, 2024; table 1, row 4, cell 2" in text
    )
    assert "Total net sales | 391,035 | 383,285" in text
    assert "Checks passed: proof:tables." in text


def test_the_evidence_is_marked_in_its_row() -> None:
    html = report(make_sample())
    assert "Total net sales | <mark>391,035</mark> | 383,285" in html
    assert html.count('<line class="mark"') == 2


def test_the_strip_shows_every_document_in_its_role() -> None:
    rects = [attrs for tag, attrs in Page(report(make_sample())).tags if tag == "rect" and "x" in attrs]
    assert [rect["class"] for rect in rects] == ["hard", "needed", "needed"]
    ends = [float(rect["x"] or 0) + float(rect["width"] or 0) for rect in rects]
    assert all(0 < end <= 100 for end in ends) and ends == sorted(ends)


def test_the_funnel_and_the_rejects_stand_with_their_reasons() -> None:
    text = Page(report(make_sample())).text
    assert "Step In Dropped Kept Share filter corpus 40 10 30 75% near duplicate 7 too short 3" in text
    assert "verify samples: answer differs 1 abc123 the prompt's tables give 5, not 4" in text
    assert "doc-2 of doc-102" in text and "doc-3 of doc-103" not in text


def test_a_run_that_kept_nothing_has_a_page_too() -> None:
    text = Page(build_report("demo", [], [], [], {})).text
    assert "No sample was kept." in text and "Nothing was dropped." in text and "No stage has run." in text


def test_the_page_needs_nothing_from_anywhere() -> None:
    html = report(make_sample())
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    loading = {"src", "srcset", "data", "action", "formaction", "poster", "style"}
    for tag, attrs in Page(html).tags:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base")
        assert loading.isdisjoint(attrs)
        assert (attrs.get("href") or "#").startswith("#")


@pytest.mark.parametrize(
    "change",
    [
        {"question": ATTACK},
        {"answer": ATTACK},
        {"unit": ATTACK},
        {"question_type": ATTACK},
        {"maker": ATTACK},
        {"sample_id": ATTACK},
        {"reasoning": ATTACK},
        {"reasoning": canonical_json({"sql": ATTACK, "rows": [{ATTACK: ATTACK, "table": ATTACK}]})},
        {"checks": [Check(name=ATTACK, passed=True)]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_field_of_a_sample_can_write_markup(change: dict[str, object]) -> None:
    check_harmless(report(make_sample(**change)))


def test_no_document_can_write_markup() -> None:
    evil = APPLE.model_copy(
        update={"title": ATTACK, "text": APPLE.text.replace("Total net sales", f"Total {ATTACK} sales")}
    )
    shown = (STANDARD[0], Shown(evil, "needed"), STANDARD[2])
    sample = make_sample(shown, evidence=(quote(evil, "391,035"), REVENUES), support=[])
    check_harmless(report(sample))
    check_harmless(report(make_sample(shown, evidence=(quote(evil, ATTACK), REVENUES), support=[])))


def test_no_reject_stage_or_run_name_can_write_markup() -> None:
    stages = [StageBooks(ATTACK, 1, 0, {ATTACK: 1})]
    html = build_report(ATTACK, stages, [], [RejectedRow(ATTACK, ATTACK, ATTACK, ATTACK)], {ATTACK: 1})
    check_harmless(html)


def check_harmless(html: str) -> None:
    """The page has its own one script and no tag or handler of the attack's."""
    page = Page(html)
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "alert(1)" in html and "49" not in re.findall(r"&amp;(\d+)", html)


def test_the_content_policy_allows_exactly_this_style_and_this_script() -> None:
    html = report(make_sample())
    policy = next(attrs["content"] or "" for tag, attrs in Page(html).tags if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert inside is not None and f"{tag}-src '{hash_of(inside.group(1))}'" in policy


def hash_of(text: str) -> str:
    """The hash of an inline script or style as a browser computes it."""
    import base64
    import hashlib

    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def many() -> list[Sample]:
    """Samples of 20 kinds in 3 lengths, four of each."""
    return [
        make_sample(
            question_type=f"kind {k}", target_tokens=t, sample_id=f"{k}-{t}-{n}", question=f"Q {k} {t} {n}"
        )
        for k in range(20)
        for t in (8_000, 20_000, 60_000)
        for n in range(4)
    ]


def test_the_cards_show_many_kinds_and_all_lengths() -> None:
    figures = gather_samples(many())
    assert len(figures.cards) == N_CARDS
    assert len({card.question_type for card in figures.cards}) == N_CARDS
    assert {card.target_tokens for card in figures.cards} == {8_000, 20_000, 60_000}


def test_the_cards_do_not_depend_on_the_order_of_samples() -> None:
    forward, backward = gather_samples(many()), gather_samples(reversed(many()))
    assert forward.cards == backward.cards


def test_the_same_run_gives_the_same_page() -> None:
    assert report(make_sample()) == report(make_sample())


def test_figures_count_what_was_given() -> None:
    single = make_sample(evidence=(SALES,), answer="391035")
    figures = gather_samples([make_sample(), single])
    assert (figures.n_samples, figures.n_multi_document) == (2, 1)
    assert figures.n_needed == {2: 1, 1: 1}
    assert sum(figures.depths) == 3
    assert figures.needed == {APPLE.doc_id, UNION_PACIFIC.doc_id} and len(figures.shown) == 3


def test_the_last_depth_falls_into_the_last_bin() -> None:
    sample = make_sample()
    at_end = [position.model_copy(update={"depth": 1.0}) for position in sample.positions]
    assert gather_samples([sample.model_copy(update={"positions": at_end})]).depths[-1] == 2


def test_rejects_keep_the_first_examples_of_each_reason() -> None:
    figures = gather_rejects(REJECTS)
    assert figures.counts["filter_corpus", "near_duplicate"] == 7
    ids = [row.record_id for row in figures.examples["filter_corpus", "near_duplicate"]]
    assert ids == ["doc-0", "doc-1", "doc-2"]


def test_a_transcript_is_shown_as_it_is() -> None:
    card = make_card(make_sample(reasoning="not JSON at all"))
    assert (card.sql, card.read_rows, card.reasoning) == ("", None, "not JSON at all")


def test_long_texts_are_cut() -> None:
    title = "A very long title " * 1_000
    long = Document(**(APPLE.model_dump() | {"title": title}))
    shown = (STANDARD[0], Shown(long, "needed"), STANDARD[2])
    evidence = (quote(long, "391,035"), REVENUES)
    html = report(make_sample(shown, "Why? " * 5_000, evidence, support=[], reasoning="x" * 10**6))
    assert len(html) < 60_000


@pytest.mark.parametrize(
    ("text", "quoted", "expected"),
    [
        (
            "<table>\n<tr><th></th><th>2024</th></tr>\n<tr><td>R&amp;D</td><td>$</td><td>31,370</td></tr>\n</table>",
            "31,370",
            ("2024", "R&D | $ |", ""),
        ),
        (
            "<table><tr><td></td><td>Years ended</td></tr><tr><td></td><td>2024</td></tr>"
            "<tr><td>Sales</td><td>5</td><td>6</td></tr></table>",
            "5",
            ("Years ended / 2024", "Sales |", "| 6"),
        ),
        ("| item | 2024 |\n| --- | ---: |\n| Sales | 391 |\n", "391", ("item | 2024", "Sales |", "")),
        ("Intro.\nThe fund had 250 members in 2014.\nMore.", "250", ("", "The fund had", "members in 2014.")),
        ("Revenue      2,410      2,205\nCosts  1", "2,410", ("", "Revenue", "2,205")),
        (
            "<table><tr><td>old</td></tr></table>\nNet sales were 12 in all.",
            "12",
            ("", "Net sales were", "in all."),
        ),
    ],
    ids=["html", "two header rows", "markdown", "sentence", "spaced columns", "after a table"],
)
def test_a_passage_is_the_row_or_sentence_of_its_evidence(
    text: str, quoted: str, expected: tuple[str, str, str]
) -> None:
    start = text.index(quoted)
    passage = cut_passage(text, start, start + len(quoted), 0, len(text))
    assert passage.quote == quoted
    assert (passage.table_head, passage.before.strip(), passage.after.strip()) == expected


@given(st.text(alphabet="<>/trd |\n&;ab12", max_size=300), st.data())
def test_a_passage_of_any_text_is_bounded_and_never_fails(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    passage = cut_passage(text * 20, start, end, 0, len(text) * 20)
    assert len(passage.before) + len(passage.after) + len(passage.table_head) < 1_000


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (9_999, "9,999"), (12_345, "12.3 K"), (3_100_000, "3.1 M"), (480_000_000, "480 M")],
)
def test_large_numbers_are_short(number: int, shown: str) -> None:
    assert shorten_number(number) == shown


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 8, "0%"), (8, 8, "100%"), (1, 8, "12%"), (1, 10_000, "<1%"), (9_999, 10_000, ">99%"), (0, 0, "–")],
)
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said
