import gzip
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.flows.estimate import Estimate, _find_paces, choose_documents, estimate_run
from longweave.flows.estimate_report import describe_estimate, predict_seconds
from longweave.flows.models import open_store
from longweave.flows.pipeline import STEPS, begin
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.synth.errors import LongweaveError, RunError
from longweave.synth.funnel import Funnel
from longweave.synth.llm.forecast import Likely, expect_sum, forecast, sent_per_answer
from longweave.synth.llm.response import Usage
from longweave.synth.llm.settings import Budget, Price
from longweave.synth.llm.spending import Account, Spent, sum_spent
from longweave.synth.stage import run_in_turn
from tests.conftest import ROOT, SilentProgress
from tests.model_server import Faults, RunningServer, ServerSettings, serve

_JUDGED = Account("judge_corpus", "judge", "mock")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a hundred documents of four domains, from one page to a few."""
    path = tmp_path_factory.mktemp("corpus") / "documents.jsonl"
    with path.open("w") as file:
        for domain in ("general", "code", "literature", "professional"):
            with gzip.open(ROOT / "data" / "sample" / f"{domain}.jsonl.gz", "rt") as lines:
                file.writelines(islice((line for line in lines if len(line) < 12_000), 32))
    return path


def _settings(corpus: Path, server: RunningServer | None, **models: Any) -> RunSettings:
    default = {"endpoints": [server.url], "model": "mock"} if server else {"model": "mock"}
    source = {"name": "made", "format": "jsonl", "paths": [str(corpus)]}
    return RunSettings.model_validate(
        {
            "seed": 5,
            "corpus": {"sources": [source], "judge": {"max_tokens": 1_000}},
            "models": {"default": default, "prices": {"mock": {"input": 2.0, "output": 8.0}}, **models},
            "shards": {"document_tokens": 20_000},
            "limits": {"judge_corpus": 1.0},
        }
    )


def _estimate(settings: RunSettings, out: Path, documents: int = 32) -> Estimate:
    return estimate_run(settings, str(out), documents, run_in_turn, SilentProgress())


def _judge_all(settings: RunSettings, out: Path) -> Spent:
    """Run the pipeline up to its judge; what it spent."""
    with begin(settings, str(out)) as run:
        with open_context(run, settings, run_in_turn, SilentProgress()) as context:
            for step in STEPS[:2]:
                step(context)
        with open_store(settings.models, run) as store:
            return sum_spent(store.spent().values())


def test_the_prediction_is_close_to_what_the_run_uses_and_the_pilot_is_not_paid_twice(
    corpus: Path, tmp_path: Path
) -> None:
    faulty = ServerSettings(slots=32, faults=Faults(cut_off=0.1, failed=0.1))
    with serve(faulty) as server:
        whole = _judge_all(_settings(corpus, server, answers={"mode": "off"}), tmp_path / "elsewhere")
    with serve(faulty) as server:
        settings = _settings(corpus, server)
        estimate = _estimate(settings, tmp_path / "pilot" / "run")
        pilot_requests = len(server.requests())
        assert [path.name for path in (tmp_path / "pilot").iterdir()] == ["answers.sqlite"]
        rest = _judge_all(settings, tmp_path / "pilot" / "run")
    (line,) = estimate.forecasts
    assert line.account == _JUDGED
    assert (estimate.piloted, line.records) == (32, estimate.documents)
    assert 80 <= estimate.documents <= 128
    assert estimate.spent.requests == pilot_requests > 32
    assert line.calls.value == pytest.approx(whole.requests, rel=0.15)
    assert line.prompt.value == pytest.approx(whole.prompt, rel=0.15)
    assert line.completion.value == pytest.approx(whole.completion, rel=0.15)
    assert abs(line.prompt.value - whole.prompt) <= 2 * line.prompt.margin
    assert line.money is not None
    assert line.money.value == pytest.approx((whole.prompt * 2 + whole.completion * 8) / 1e6, rel=0.15)
    assert line.stored.requests > 0
    assert rest.hits >= 32
    assert estimate.spent.requests + rest.requests == whole.requests, "a request was made twice"
    assert line.stored.prompt + rest.prompt == whole.prompt
    assert predict_seconds(estimate)["judge_corpus"] > 0


def test_the_pace_is_that_of_a_full_server_and_not_of_a_short_pilot_with_its_slow_end() -> None:
    spent = {_JUDGED: Spent(requests=32, server_seconds=64.0)}
    funnel = Funnel(seconds={"judge_corpus": 16.0})
    assert _find_paces(spent, funnel, {"judge_corpus": 8}) == {"judge_corpus": pytest.approx(4.0)}
    assert _find_paces(spent, funnel, {}) == {"judge_corpus": pytest.approx(2.0)}
    assert _find_paces({_JUDGED: Spent(hits=32)}, funnel, {"judge_corpus": 8}) == {}


def test_a_second_estimate_and_one_from_recorded_answers_cost_nothing_and_say_the_same(
    corpus: Path, tmp_path: Path
) -> None:
    with serve(ServerSettings()) as server:
        settings = _settings(corpus, server)
        first = _estimate(settings, tmp_path / "run", 12)
        n_requests = len(server.requests())
        again = _estimate(settings, tmp_path / "run", 12)
        assert len(server.requests()) == n_requests
    replayed = _estimate(_settings(corpus, None, answers={"mode": "replay"}), tmp_path / "run", 12)
    assert again.spent.requests == replayed.spent.requests == 0
    assert again.spent.hits == 12
    assert again.forecasts == replayed.forecasts == first.forecasts
    assert predict_seconds(replayed) == {}


def test_without_a_store_the_pilot_is_paid_for_and_that_is_not_promised_back(
    corpus: Path, tmp_path: Path
) -> None:
    with serve(ServerSettings()) as server:
        settings = _settings(corpus, server, answers={"mode": "off"})
        estimate = _estimate(settings, tmp_path / "run", 4)
    assert estimate.spent.requests == 4
    assert list(tmp_path.iterdir()) == []
    said = "\n".join(describe_estimate(estimate, Budget()))
    assert "kept" not in said
    assert f"To be paid for: {estimate.documents} calls" in said


def test_more_documents_than_there_are_give_the_whole_without_a_margin(corpus: Path, tmp_path: Path) -> None:
    with serve(ServerSettings()) as server:
        estimate = _estimate(_settings(corpus, server), tmp_path / "run", 1_000)
    (line,) = estimate.forecasts
    assert estimate.piloted == estimate.documents == line.records == line.calls.value
    assert line.prompt.margin == 0
    assert line.prompt.value == estimate.spent.prompt


def test_a_pilot_that_fails_leaves_nothing_but_its_answers(corpus: Path, tmp_path: Path) -> None:
    with serve(ServerSettings()) as server:
        settings = _settings(corpus, server, budget={"calls": 3})
        with pytest.raises(LongweaveError, match="budget of 3 calls"):
            _estimate(settings, tmp_path / "run")
        assert len(server.requests()) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["answers.sqlite"]


def test_a_run_that_asks_no_model_costs_nothing_to_estimate(corpus: Path, tmp_path: Path) -> None:
    settings = _settings(corpus, None)
    without = settings.model_copy(update={"corpus": settings.corpus.model_copy(update={"judge": None})})
    estimate = _estimate(without, tmp_path / "run")
    assert list(describe_estimate(estimate, Budget())) == ["No step of these settings asks a model."]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(calls=1_000), "models.budget.calls = 1,000 is enough."),
        (Budget(calls=900), "models.budget.calls = 900 is enough."),
        (Budget(calls=899), "models.budget.calls = 899 is not enough: raise it to 900."),
        (Budget(tokens=51_500), "models.budget.tokens = 51,500 is enough."),
        (Budget(tokens=50_000), "models.budget.tokens = 50,000 may not be enough: raise it to 51,407."),
        (Budget(money=0.01), "models.budget.money = 0.01 is not enough: raise it to 0.0605."),
    ],
)
def test_the_budget_is_compared_with_what_is_still_to_be_paid(budget: Budget, said: str) -> None:
    answers = [Usage(prompt=40 + 20 * (i % 2), completion=5) for i in range(100)]
    line = forecast(_JUDGED, answers, 100, 1_000, 1.0, Price(input=1, output=3))
    estimate = Estimate(1_000, 100, [line], {}, Spent(requests=100), 0.0, 1.0, "answers.sqlite")
    assert said in list(describe_estimate(estimate, budget))


def test_the_sample_has_short_and_long_documents_of_every_source_in_proportion() -> None:
    sizes = [("books", 1_000 * n) for n in range(100)] + [("news", n) for n in range(300)]
    Random(3).shuffle(sizes)
    chosen = [sizes[index] for index in choose_documents(sizes, 40, seed=1)]
    assert Counter(source for source, _ in chosen) == {"books": 10, "news": 30}
    assert sorted(tokens // 10_000 for source, tokens in chosen if source == "books") == list(range(10))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=60),
    st.integers(1, 70),
    st.integers(0, 9),
)
def test_a_sample_has_the_size_that_was_asked_for_and_no_document_twice(
    sizes: list[tuple[str, int]], n: int, seed: int
) -> None:
    chosen = choose_documents(sizes, n, seed)
    assert len(set(chosen)) == len(chosen) == min(n, len(sizes))
    assert chosen == choose_documents(sizes, n, seed)


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=50), st.integers(1, 40))
def test_an_expected_sum_scales_and_its_margin_vanishes_with_the_whole(values: list[int], scale: int) -> None:
    likely = expect_sum(values, scale)
    assert likely.value == pytest.approx(scale * sum(values))
    assert (likely.margin == 0) == (scale == 1 or len(set(values)) == 1)


def test_failed_requests_are_expected_again() -> None:
    assert sent_per_answer(Spent(requests=33, retries=3), 30) == pytest.approx(1.1)
    assert sent_per_answer(Spent(requests=11, hits=20), 30) == pytest.approx(1.1)
    assert sent_per_answer(Spent(hits=30), 30) == 1.0
    line = forecast(_JUDGED, [Usage(100, 0, 10)] * 30, 30, 300, 1.1, None)
    assert line.calls.value == pytest.approx(330)
    assert line.calls.margin > 0
    assert line.prompt == Likely(30_000.0)
    assert line.money is None


def test_a_folder_of_somebody_else_is_not_removed(corpus: Path, tmp_path: Path) -> None:
    own = tmp_path / "run.estimate" / "notes.txt"
    own.parent.mkdir()
    own.write_text("keep me")
    with serve() as server, pytest.raises(RunError, match="there is a folder of that name"):
        _estimate(_settings(corpus, server), tmp_path / "run")
    assert own.read_text() == "keep me"
