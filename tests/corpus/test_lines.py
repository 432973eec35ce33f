from hypothesis import given
from hypothesis import strategies as st

from longweave.corpus.readers.lines import read_lines


@given(
    st.lists(st.text("ab\n", max_size=12).map(str.encode), max_size=8), st.integers(min_value=0, max_value=8)
)
def test_lines_are_those_of_the_whole_without_empty_ones_however_it_is_cut_into_blocks(
    blocks: list[bytes], limit: int
) -> None:
    whole = b"".join(blocks)
    expected = [(number, text) for number, text in enumerate(whole.split(b"\n"), start=1) if text]
    lines = list(read_lines(blocks, limit))
    assert [(line.number, line.size) for line in lines] == [(number, len(text)) for number, text in expected]
    assert [line.data for line in lines] == [text if len(text) <= limit else None for _, text in expected]
    starts = [whole[line.offset : line.offset + line.size] for line in lines]
    assert starts == [text for _, text in expected]
