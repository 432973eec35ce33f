"""What a version of a prompt shows: needed documents whole where they fit, and else what stands around their
evidence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.synth.prompt import ELLIPSIS, parse_prompt, split_prompt
from longweave.synth.records import Document, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.verify.trials import fit_around, prompt_of_needed
from tests.made_samples import (
    APPLE,
    REVENUES,
    UNION_PACIFIC,
    VISA,
    Shown,
    make_sample,
    quote,
)

SENTENCES = (
    "Of the twelve bridges the last was never finished.",
    "<table><tr><td>Bridges</td><td>1,207</td></tr></table>",
    "The council met in May;\nno minutes were kept.",
    "Ülmen lies upstream, behind the weir.",
)
SIDE = 40


def long_document(doc_id: str, places: tuple[int, ...], joint: str = " ") -> Document:
    """A long text with the sentence "Fact n is told here." at some of its ``places``."""
    parts = [SENTENCES[number % len(SENTENCES)] for number in range(SIDE)]
    for number, place in enumerate(places):
        parts.insert(place, f"Fact {number} is told here.")
    text = joint.join(parts) + "\n"
    return APPLE.model_copy(update={"doc_id": doc_id, "title": f"Title of {doc_id}", "text": text})


def long_sample(places: tuple[int, ...] = (20,), joint: str = " ") -> Sample:
    """Two long needed documents, and one beside them."""
    one, two = long_document("one", places, joint), long_document("two", (3,), joint)
    evidence = [
        *(quote(one, f"Fact {number} is told here.") for number in range(len(places))),
        quote(two, "Fact 0 is told here."),
    ]
    shown = (Shown(one, "needed"), Shown(VISA, "hard"), Shown(two, "needed"))
    return make_sample(shown, evidence=evidence)


def bodies(sample: Sample, around: int | None, left_out: tuple[str, ...] = ()) -> dict[str, str]:
    """The text of each document that is shown, by its title."""
    message = sample.prompt[0].content
    documents = prompt_of_needed(sample, left_out, around).documents
    shown = parse_prompt(message.replace(split_prompt(message).documents, documents))
    assert shown.question == sample.question
    return {document.title: document.text for document in shown.documents}


def test_needed_documents_that_fit_stay_whole() -> None:
    sample = make_sample()
    n_tokens = sum(piece.n_tokens for piece in sample.context if piece.role == "needed")
    assert fit_around(sample, n_tokens) is None
    around = fit_around(sample, n_tokens - 1)
    assert around is not None and around > 0
    whole = bodies(sample, None)
    assert whole == {one.title: one.text for one in (APPLE, UNION_PACIFIC)}
    assert bodies(sample, 10_000) == whole, "what reaches to both ends is whole as well"


def test_a_short_document_stays_whole_beside_a_long_one_that_is_cut() -> None:
    long = long_document("one", (20,))
    evidence = [quote(long, "Fact 0 is told here."), REVENUES]
    sample = make_sample((Shown(UNION_PACIFIC, "needed"), Shown(long, "needed")), evidence=evidence)
    shown = bodies(sample, 500)
    assert shown[UNION_PACIFIC.title] == UNION_PACIFIC.text
    assert len(shown[long.title]) < len(long.text) / 1.5


def test_what_is_left_out_is_marked_where_it_was() -> None:
    shown = bodies(long_sample((20, 21, 38)), 60)["Title of one"]
    first, second = shown.removeprefix(ELLIPSIS).removesuffix(ELLIPSIS).split(ELLIPSIS)
    assert shown.startswith(ELLIPSIS) and shown.endswith(ELLIPSIS)
    assert "Fact 0 is told here." in first and "Fact 1 is told here." in first, "they lie close together"
    assert "Fact 2 is told here." in second
    at_start = bodies(long_sample((0,)), 60)["Title of one"]
    assert at_start.startswith("Fact 0 is told here. ") and at_start.endswith(ELLIPSIS)
    at_end = bodies(long_sample((SIDE,)), 60)["Title of one"]
    assert at_end.startswith(ELLIPSIS) and at_end.endswith("Fact 0 is told here.\n")


def test_only_needed_documents_are_shown_and_one_of_them_can_be_missing() -> None:
    sample = long_sample()
    assert list(bodies(sample, 100)) == ["Title of one", "Title of two"]
    assert list(bodies(sample, 100, ("one",))) == ["Title of two"]
    assert bodies(sample, 100, ("one",))["Title of two"] == bodies(sample, 100)["Title of two"]


def test_it_is_said_that_documents_may_be_missing_whether_they_are_cut_or_not() -> None:
    sample = long_sample()
    said = {
        prompt_of_needed(sample, left, around).instruction for left in ((), ("one",)) for around in (None, 9)
    }
    (instruction,) = said
    assert "may not be among those above" in instruction and instruction.startswith(sample.question)


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8])
def test_what_is_shown_is_about_as_long_as_it_may_be(share: float) -> None:
    sample, count = long_sample((10, 30)), load_tokenizer().count
    n_tokens = sum(piece.n_tokens for piece in sample.context if piece.role == "needed")
    limit = int(share * n_tokens)
    shown = sum(map(count, bodies(sample, fit_around(sample, limit)).values()))
    assert 0.5 * limit <= shown <= 1.15 * limit


def test_where_the_evidence_alone_is_too_long_it_alone_is_shown() -> None:
    sample = long_sample()
    assert fit_around(sample, 1) == 0
    assert bodies(sample, 0) == dict.fromkeys(
        ("Title of one", "Title of two"), f"{ELLIPSIS}Fact 0 is told here.\n{ELLIPSIS}"
    )


@settings(deadline=None, max_examples=120)
@given(
    places=st.sets(st.integers(0, SIDE), min_size=1, max_size=4),
    joint=st.sampled_from([" ", "\n", "\n\n", ""]),
    around=st.integers(0, 300) | st.integers(0, 4_000),
)
def test_evidence_is_shown_word_for_word_and_no_word_is_cut(
    places: set[int], joint: str, around: int
) -> None:
    sample = long_sample(tuple(sorted(places)), joint)
    texts = {f"Title of {name}": long_document(name, own, joint).text for name, own in documents_of(places)}
    shown = bodies(sample, around)
    assert shown.keys() == texts.keys()
    for title, text in texts.items():
        own = [item for item in sample.evidence if title == f"Title of {item.doc_id}"]
        assert all(shown[title].count(item.quote) == 1 for item in own)
        windows = [window.strip() for window in shown[title].split(ELLIPSIS) if window.strip()]
        starts = [text.index(window) for window in windows]
        ends = [at + len(window) for at, window in zip(starts, windows, strict=True)]
        assert starts == sorted(starts)
        for at, end in zip(starts, ends, strict=True):
            assert at == 0 or text[at - 1].isspace() or at in {item.start for item in own}
            assert text[end : end + 1].strip() == "" or end in {item.end for item in own}
        assert shown[title].startswith(ELLIPSIS) == (starts[0] > 0)
        assert shown[title].endswith(ELLIPSIS) == (ends[-1] < len(text.rstrip()))
        assert sum(map(len, windows)) <= sum(len(item.quote) + 2 * around for item in own)


def documents_of(places: set[int]) -> list[tuple[str, tuple[int, ...]]]:
    return [("one", tuple(sorted(places))), ("two", (3,))]


def test_excerpts_keep_the_marks_that_the_sample_has() -> None:
    text = long_document("one", (20,)).text
    at = text.index("Fact 0")
    one = long_document("one", (20,))
    spans = ((0, 51), (at - 60, at + 100))
    sample = make_sample(
        (Shown(one, "needed", spans), Shown(UNION_PACIFIC, "needed")),
        evidence=[quote(one, "Fact 0 is told here."), REVENUES],
    )
    assert bodies(sample, 2_000)["Title of one"].count(ELLIPSIS) == 2
    assert "Fact 0 is told here." in bodies(sample, 30)["Title of one"]
    assert ELLIPSIS * 2 not in bodies(sample, 62)["Title of one"]


@pytest.mark.parametrize("around", [0, 7, 30, 500])
def test_where_no_spaces_are_written_characters_are_counted(around: int) -> None:
    before, fact, after = "北京大学创立于一八九八年，" * 60, "张三创办了华东公司。", "后来公司迁往上海，" * 60
    document = APPLE.model_copy(update={"doc_id": "one", "title": "One", "text": f"{before}{fact}{after}\n"})
    evidence = [quote(document, fact), REVENUES]
    sample = make_sample((Shown(document, "needed"), Shown(UNION_PACIFIC, "needed")), evidence=evidence)
    window = bodies(sample, around)["One"].replace(ELLIPSIS, "").strip()
    assert window == f"{before[len(before) - around :]}{fact}{after[:around]}"
