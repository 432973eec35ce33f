"""Average linkage: one likely link does not join what others tell apart, and equal records all meet."""

from longweave.kg.resolve import Link, Mention, Resolution, ResolveSettings, resolve, settle, undo
from tests.kg.test_kg_resolve import encode

YEARS = {"1987": "Foundations of Computer Science", "1994": "Journal of the Association"}


def record(at: int, year: str, pages: str = "") -> Mention:
    fields = {"author": "Rivest and Schapire", "venue": YEARS[year], "year": year}
    return Mention.of(
        "Diversity-based inference", "work", f"r{at}", "", fields | ({"pages": pages} if pages else {})
    )


def resolved(mentions: list[Mention], links: list[Link]) -> Resolution:
    ordered = tuple(sorted(mentions, key=lambda mention: mention.key))
    return Resolution(ordered, (), tuple(sorted(links)), ResolveSettings())


def test_a_record_between_two_publications_does_not_chain_them() -> None:
    early = [record(0, "1987"), record(1, "1987", "78-87")]
    late = [record(2, "1994"), record(3, "1994", "555-589")]
    bridge = Link.of(early[0].key, late[0].key, 0.76, "string")
    links = [
        Link.of(early[0].key, early[1].key, 0.9, "string"),
        Link.of(late[0].key, late[1].key, 0.9, "string"),
    ]
    found = settle(resolved([*early, *late], [*links, bridge]))
    assert sorted(map(len, found.members().values())) == [2, 2]
    assert found.of[early[0].key] == found.of[early[1].key]
    assert [(one.link, one.reason) for one in found.refused] == [(bridge, "conflict")]


def test_a_likely_link_does_not_join_what_is_unlike_on_the_whole() -> None:
    told = {"author": "Rivest and Schapire", "venue": "Machine Learning"}
    names = ["The inference of automata", "Boosting weak learners"]
    one, other = (
        [Mention.of(name, "work", f"{name} {at}", "", told | {"pages": f"{at}"}) for at in range(2)]
        for name in names
    )
    links = [Link.of(group[0].key, group[1].key, 0.9, "string") for group in (one, other)]
    bridge = Link.of(one[0].key, other[0].key, 0.9, "string")
    found = settle(resolved([*one, *other], [*links, bridge]))
    assert sorted(map(len, found.members().values())) == [2, 2]
    assert [(refused.link, refused.reason) for refused in found.refused] == [(bridge, "weak_chain")]


def test_the_most_alike_are_joined_first_and_every_join_is_a_merge() -> None:
    mentions = [Mention.of(f"Wassermanngasse {'x' * at}", "work", f"d{at}") for at in range(4)]
    keys = [mention.key for mention in mentions]
    links = [
        Link.of(keys[0], keys[1], 0.9, "string"),
        Link.of(keys[1], keys[2], 0.8, "embedding"),
        Link.of(keys[2], keys[3], 0.7, "string"),
    ]
    found = settle(resolved(mentions, links))
    assert [(merge.by, merge.score) for merge in found.merges] == [("string", 0.9), ("embedding", 0.8)]
    assert len(set(found.of.values())) == 2 and found.of[keys[3]] == keys[3]
    undone = undo(found, [found.merges[1].merge_id])
    assert undone.of[keys[0]] == undone.of[keys[1]] != undone.of[keys[2]]


def test_more_equal_names_than_a_block_holds_still_meet() -> None:
    mentions = [record(at, "1994", f"{at}") for at in range(60)]
    settings = ResolveSettings(max_block=10)
    doubtful = resolve(mentions, settings, encode).doubtful
    sure = resolve(mentions, settings, encode).sure
    assert {key for link in (*sure, *doubtful) for key in link.ends} == {mention.key for mention in mentions}
    assert len(sure) + len(doubtful) > 500
