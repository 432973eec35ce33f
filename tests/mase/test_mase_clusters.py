"""Clusters: related passages of different documents, or a stretch of one, spread over all."""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from longweave.mase.clusters import choose_clusters
from longweave.mase.passages import Cut, cut_passages
from longweave.mase.records import Cluster, Passage
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import open_cluster
from longweave.mase.task_type import TaskType
from longweave.mase.types import TASK_TYPES
from longweave.synth.blocks import cut_blocks
from longweave.synth.embedding import Vectors, encode
from longweave.synth.records import Document
from longweave.synth.tokens import load_tokenizer
from tests.conftest import ROOT

READING = replace(TASK_TYPES["reading_comprehension"], domains=("general", "literature"))
NARRATIVE = TASK_TYPES["narrative_causal"]
CODE = TASK_TYPES["code_repository"]
WORDS = ("river", "engine", "tax", "song", "medicine", "winter")


def settings_with(**given: int) -> MaseSettings:
    small = {"cluster_tokens": 600, "passage_tokens": 200, "distractor_tokens": 400}
    return MaseSettings.model_validate({"clusters": {"reading_comprehension": 1}, **small, **given})


def made_cut(doc_id: str, head: str, domain: str = "general", family: str = "", place: int = 0) -> Cut:
    passage = Passage(doc_id=doc_id, start=800 * place, end=800 * place + 800, n_tokens=200)
    return Cut(passage, domain, family or doc_id, head)  # type: ignore[arg-type]


def count_words(texts: Sequence[str]) -> Vectors:
    """Vectors that are as alike as texts share words of ``WORDS``, each a little apart from all others."""
    rows = np.array([[9.0 * text.split().count(word) for word in WORDS] for text in texts])
    return normalize(np.hstack([rows.reshape(-1, len(WORDS)), 4 * np.eye(len(texts), 100)]))


def normalize(rows: NDArray[np.float64]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def choose(
    documents: list[list[Cut]],
    task_type: TaskType = READING,
    most: int = 50,
    seed: int = 1,
    **given: int,
) -> list[Cluster]:
    rng = np.random.default_rng(seed)
    return list(choose_clusters(documents, task_type, most, settings_with(**given), count_words, rng))


def doc_ids(passages: list[Passage]) -> list[str]:
    return [passage.doc_id for passage in passages]


RELATED = [[made_cut(f"{word}{number}", word)] for number in range(3) for word in WORDS]


def test_a_cluster_is_of_related_passages_of_different_documents() -> None:
    clusters = choose(RELATED)
    assert len(clusters) == len(WORDS)
    for cluster in clusters:
        documents = doc_ids(cluster.passages)
        assert len(set(documents)) == len(documents) == 3
        assert len({doc_id.rstrip("012") for doc_id in documents}) == 1
    assert [cluster.number for cluster in clusters] == list(range(len(WORDS)))
    assert len({cluster.cluster_id for cluster in clusters}) == len(WORDS)


def test_no_passage_comes_twice_while_others_are_left() -> None:
    documents = [[made_cut(f"tax{number}", "tax")] for number in range(12)]
    used = Counter(doc_id for cluster in choose(documents) for doc_id in doc_ids(cluster.passages))
    assert len(used) == len(documents) and set(used.values()) == {1}


def test_a_passage_serves_again_when_all_have_served_but_no_cluster_comes_twice() -> None:
    documents = [[made_cut(f"tax{number}", "tax")] for number in range(5)]
    clusters = choose(documents, cluster_tokens=500)
    used = Counter(doc_id for cluster in clusters for doc_id in doc_ids(cluster.passages))
    assert len(used) == 5 and max(used.values()) > 1
    pairs = [frozenset(doc_ids(cluster.passages)) for cluster in clusters]
    assert len(set(pairs)) == len(pairs)


def test_two_passages_of_a_document_never_meet() -> None:
    documents = [[made_cut(f"d{number}", "tax", place=place) for place in range(4)] for number in range(3)]
    for cluster in choose(documents):
        assert len(set(doc_ids(cluster.passages))) == len(cluster.passages)


def test_sizes_keep_to_the_tokens_that_are_set() -> None:
    for cluster in choose(RELATED, cluster_tokens=500, distractor_tokens=700):
        assert sum(passage.n_tokens for passage in cluster.passages) == 400
        assert sum(passage.n_tokens for passage in cluster.distractors) == 600


def test_distractors_are_other_documents_similar_ones_first() -> None:
    four = [[made_cut(f"{word}{number}", word)] for number in range(4) for word in WORDS]
    for cluster in choose(four):
        documents = {doc_id.rstrip("0123") for doc_id in doc_ids(cluster.passages)}
        assert not set(doc_ids(cluster.passages)) & set(doc_ids(cluster.distractors))
        assert len(set(doc_ids(cluster.distractors))) == len(cluster.distractors) == 2
        if len(documents) == 1:
            assert doc_ids(cluster.distractors)[0].rstrip("0123") in documents
    assert all(cluster.distractors == [] for cluster in choose(four, distractor_tokens=0))


def test_copies_do_not_meet() -> None:
    texts = ["tax", "tax", "tax river"]

    def embed(heads: Sequence[str]) -> Vectors:
        rows = [[head.count("tax"), head.count("river")] for head in heads]
        return normalize(np.array(rows, np.float64).reshape(-1, 2))

    documents = [[made_cut(f"d{number}", text)] for number, text in enumerate(texts)]
    rng = np.random.default_rng(0)
    for cluster in choose_clusters(documents, READING, 9, settings_with(), embed, rng):
        assert not {"d0", "d1"} <= set(doc_ids(cluster.passages))


def test_another_source_is_preferred_and_in_code_the_same_package() -> None:
    def documents(domain: str) -> list[list[Cut]]:
        return [
            [made_cut(f"{family}{number}", "tax", domain, family)]
            for family in ("north", "south")
            for number in range(3)
        ]

    for cluster in choose(documents("general"), cluster_tokens=500):
        assert {doc_id[:-1] for doc_id in doc_ids(cluster.passages)} == {"north", "south"}
    for cluster in choose(documents("code"), CODE, most=2):
        assert len({doc_id[:-1] for doc_id in doc_ids(cluster.passages)}) == 1


def test_domains_take_turns() -> None:
    tales = [[made_cut(f"tale{number}", "song", "literature")] for number in range(4)]
    clusters = choose([*RELATED, *tales], most=4, cluster_tokens=500)
    assert [cluster.domain for cluster in clusters] == ["general", "literature"] * 2


def test_one_document_gives_stretches_of_consecutive_passages_the_first_of_each_first() -> None:
    documents = [
        [made_cut(f"tale{number}", "song", "literature", place=place) for place in range(7)]
        for number in range(3)
    ]
    clusters = choose(documents, NARRATIVE)
    assert len(clusters) == 9  # 3 + 3 + 1 passages of each
    assert [len(set(doc_ids(cluster.passages))) for cluster in clusters] == [1] * 9
    assert len({cluster.passages[0].doc_id for cluster in clusters[:3]}) == 3
    for cluster in clusters:
        starts = [passage.start for passage in cluster.passages]
        assert starts == list(range(starts[0], starts[0] + 800 * len(starts), 800))
        assert cluster.passages[0].doc_id not in doc_ids(cluster.distractors)
    used = [(one.doc_id, one.start) for cluster in clusters for one in cluster.passages]
    assert len(used) == len(set(used)) == 21


def test_chosen_are_as_many_as_wanted_and_the_seed_decides_which() -> None:
    assert choose(RELATED, most=0) == []
    one, same, other = (choose(RELATED, most=2, seed=seed) for seed in (1, 1, 2))
    assert len(one) == 2 and one == same and one != other


def test_documents_of_other_domains_and_without_text_are_passed_over() -> None:
    assert choose([[], *([made_cut(f"c{number}", "tax", "code")] for number in range(5))]) == []


@pytest.fixture(scope="module")
def speeches() -> list[Document]:
    with gzip.open(ROOT / "data" / "sample" / "general.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file][:14]
    fields = set(Document.model_fields)
    return [Document.model_validate({k: v for k, v in row.items() if k in fields}) for row in rows]


def test_real_documents_are_cut_chosen_and_shown(speeches: list[Document]) -> None:
    tokenizer = load_tokenizer("qwen")
    cuts = [cut_passages(document, cut_blocks(document.text, tokenizer), 400)[:3] for document in speeches]
    settings = settings_with(cluster_tokens=1_500, passage_tokens=400, distractor_tokens=1_000)
    rng = np.random.default_rng(4)
    clusters = list(choose_clusters(cuts, READING, 3, settings, encode, rng))
    assert len(clusters) == 3
    texts = {document.doc_id: document for document in speeches}
    for cluster in clusters:
        opened = open_cluster(cluster, texts)
        assert len(opened.documents) >= 2 and opened.distractors
        for part in opened.parts:
            assert texts[part.doc_id].text[part.start : part.start + len(part.text)] == part.text
        for shown in opened.documents:
            whole = texts[shown.doc_id]
            assert shown.piece.title == whole.title
            assert shown.parts[0].text.strip("\n") in shown.piece.body
            left_out = shown.parts[-1].start + len(shown.parts[-1].text) < len(whole.text.rstrip())
            assert shown.piece.body.endswith("[...]\n") is left_out
