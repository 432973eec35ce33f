"""The planted-fault benchmark, few of each kind on a small corpus, and the honesty of its scripted models."""

import json
from collections.abc import Sequence
from random import Random

import pytest

from benchmarks.gates.asks import OneOf, Passage, Shown
from benchmarks.gates.compose import cut_out, make_piece, quote_body
from benchmarks.gates.plan import KINDS
from benchmarks.gates.run import Outcome, Size, measure, run_benchmark
from benchmarks.gates.solver import JUDGE, SOLVER, VERIFIER, Fact, HonestModels, mean_the_same, read_hint
from benchmarks.gates.spoken import say_number
from longweave.synth.prompt import PromptPiece, answer_format, render_prompt, split_prompt
from longweave.synth.records import Document
from longweave.verify.trials import prompt_without_documents
from tests.made_samples import make_sample
from tests.sample_corpus import read_sample

GOOD, PLANTED = 16, 3
REPORTS = (
    "edgar-AAPL-10q-2025-08-01",
    "edgar-KO-10q-2025-07-24",
    "edgar-UNP-10q-2025-07-24",
    "sec10q-AAPL-2022Q3",
    "sec10q-INTC-2022Q3",
    "sec10q-INTC-2023Q1",
)
OTHERS = ("fairytale-", "gum-", "irc-dev", "code-httpx-httpx._", "qmsum-ES2", "sotu-1963")

QUESTION = 'In the transcript "Talk", which speaker says the words "it is raining"?'
SPOKEN = Passage("Talk", r"^(?P<answer>\w+): it is raining$", r"^(?P<answer>\w+): .*$")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("gates")
    corpus = folder / "corpus.jsonl"
    chosen = [d for d in read_sample().values() if d.doc_id in REPORTS or d.doc_id.startswith(OTHERS)]
    corpus.write_text("".join(document.model_dump_json() + "\n" for document in chosen))
    return run_benchmark(str(folder / "run"), Size(GOOD, PLANTED, 2, (str(corpus),)), seed=1)


def test_every_kind_is_planted_and_counted(outcome: Outcome) -> None:
    lines = list(measure(outcome))
    assert [line["kind"] for line in lines] == [*KINDS, "good"]
    assert [line.get("planted", line.get("samples")) for line in lines] == [PLANTED] * len(KINDS) + [GOOD]
    assert [line["caught"] for line in lines[:-1]] == [sum(line["by"].values()) for line in lines[:-1]]


def test_proof_finds_every_fault_of_a_proven_sample(outcome: Outcome) -> None:
    proven = {
        variant: by for _, variant, caught, by in outcome.catches() if variant.endswith("proven") and caught
    }
    assert proven["figure, proven"] == "verify_samples: answer_differs"
    assert proven["row, proven"] == "verify_samples: answer_missing"


def test_models_find_what_no_proof_does(outcome: Outcome) -> None:
    by = {(kind, variant): by for kind, variant, _, by in outcome.catches()}
    for fault in ("wrong_gold", "name or number"), ("evidence_removed", "passage"), ("wrong_gold", "figure"):
        assert by[fault] in (
            "check_robustness: not_solved",
            "check_robustness: gold_contested",
            "check_grounding: evidence_insufficient",
        )


def test_screening_finds_duplicates_and_benchmark_questions(outcome: Outcome) -> None:
    by_kind = {line["kind"]: line for line in measure(outcome)}
    for kind in ("duplicate", "contamination_verbatim"):
        assert by_kind[kind]["met"]
        assert all(by.startswith("screen_samples") for by in by_kind[kind]["by"])


def test_a_duplicate_that_is_kept_in_place_of_the_good_one_costs_nothing(outcome: Outcome) -> None:
    repeated = [planted for planted in outcome.scene.planted if planted.beside]
    assert len(repeated) == PLANTED
    lost = {placed.sample.sample_id for placed, _ in outcome.losses()}
    for planted in repeated:
        if planted.placed.sample.sample_id not in outcome.rejected:
            assert planted.beside not in lost


# --- the scripted models ------------------------------------------------------------------------------------


def ask(models: HonestModels, message: str, model: str = SOLVER, n: int = 40) -> Sequence[str]:
    body = {"model": model, "messages": [{"role": "user", "content": message}], "n": n, "seed": 5}
    return [text.rpartition("answer is ")[2].strip('".*') for text in models(body)]


def over(*texts: str) -> str:
    pieces = [PromptPiece("Talk", f"{text}\n") for text in texts]
    return render_prompt(pieces, QUESTION, answer_format("text")).message


def knowing(fact: Fact | None = None) -> HonestModels:
    models = HonestModels()
    models.learn({QUESTION: SPOKEN}, {} if fact is None else {QUESTION: fact})
    return models


def test_the_solver_says_only_what_its_documents_say() -> None:
    assert set(ask(knowing(), over("Ann: hello"))) == {"cannot be determined"}
    answers = ask(knowing(), over("Ann: it is raining\nBob: oh"))
    assert answers.count("Ann") >= 0.9 * len(answers)
    both = ask(knowing(), over("Ann: it is raining", "Bob: it is raining"))
    assert 0.25 * len(both) < both.count("Ann") < 0.75 * len(both)


def test_the_same_request_is_answered_the_same() -> None:
    message = over("Ann: it is raining", "Bob: it is raining")
    assert ask(knowing(), message) == ask(knowing(), message)


def test_closed_book_it_knows_facts_and_reads_hints_but_no_documents() -> None:
    sample = make_sample(question=QUESTION, answer="Ann", answer_kind="text")
    asked = prompt_without_documents(sample).text
    assert set(ask(knowing(), asked)) == {"unknown"}
    assert set(ask(knowing(Fact("Ann")), asked)) == {"Ann"}
    some = ask(knowing(Fact("Ann", 0.5)), asked)
    assert 0.25 * len(some) < some.count("Ann") < 0.75 * len(some)


def test_closed_book_it_guesses_among_options() -> None:
    choice = OneOf(SPOKEN, (("A", "Ann"), ("B", "Bob")))
    assert {choice.guess(Random(seed)) for seed in range(20)} == {"A", "B"}
    assert choice.read([Shown("Talk", "Bob: it is raining\n")]) == ["B"]


def test_the_verifier_reads_the_documents() -> None:
    asked = (
        f"{split_prompt(over('Ann: it is raining')).documents}\n\nQuestion:\n{QUESTION}\n\n"
        "Two answers to it are under discussion.\nFirst: Bob\nSecond: Ann\n\nDecide for each"
    )
    assert json.loads(ask(knowing(), asked, VERIFIER, 1)[0]) == {"first": False, "second": True}


@pytest.mark.parametrize(("given", "verdict"), [("1,234.50", "[[YES]]"), ("1,234.60", "[[NO]]")])
def test_the_judge_compares_what_it_is_shown(given: str, verdict: str) -> None:
    asked = f"Reference answer:\n1234.5\n\nGiven answer:\n{given}\n\nThe given answer counts if"
    assert ask(knowing(), asked, JUDGE, 1) == [verdict]


def test_numbers_in_words() -> None:
    assert say_number("-391,035.4") == "minus three hundred ninety-one thousand thirty-five point four"
    assert mean_the_same("twelve thousand five", "12,005")
    assert not mean_the_same("twelve thousand six", "12,005")


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("How much was it? (Note: it was $391,035.)", "$391,035"),
        ("Given that it was ANN, answer this. Who was it?", "ANN"),
        ("Who was it? A. Ann B. Bob (Hint: Bob is meant.)", "B"),
        ("How much was it (in millions)?", None),
    ],
)
def test_hints_of_a_question_are_read(question: str, hint: str | None) -> None:
    assert read_hint(question) == hint


def test_a_piece_without_a_passage_keeps_its_other_spans_in_place() -> None:
    document = Document(
        doc_id="d",
        title="D",
        text="one\ntwo\nthree\n",
        domain="general",
        source="made",
        license="CC0",
    )
    piece = make_piece("d", "D", "needed", document.text, [(0, len(document.text))])
    spans = [quote_body(piece, *place) for place in ((0, 3), (4, 7), (8, 13))]
    (cut,), left = cut_out([piece], spans, "d", 4, 8)
    assert cut.body == "one\nthree\n" and cut.doc_spans == ((0, 10),)
    assert [(span.quote, span.start) for span in left] == [("one", 0), ("three", 4)]
    assert all(cut.body[span.start : span.end] == span.quote for span in left)
