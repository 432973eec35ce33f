"""Where a quote stands in a text."""

from longweave.synth.quotes import find_quote


def test_a_quote_does_not_begin_or_end_inside_a_word() -> None:
    text = "an unmarked marked field 1The end"
    assert find_quote(text, "marked field", 0, len(text)) == (12, 24)
    assert find_quote(text, "mark", 0, len(text)) is None
    assert find_quote(text, "The end", 0, len(text)) == (26, 33)


def test_scripts_without_spaces_between_words_have_no_such_boundary() -> None:
    text = "\u6771\u4eac\u90fd\u306e\u4eba\u53e3\u306f\u591a\u3044"
    assert find_quote(text, text[3:6], 0, len(text)) == (3, 6)
