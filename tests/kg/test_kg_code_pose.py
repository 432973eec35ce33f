"""Questions about code need every document they name, have one answer and do not give it away."""

import json
import re
from collections import Counter

import pytest

from longweave.kg.code import CodeGraph, CodeSettings, conflicts_code, pose_code, read_module
from longweave.kg.code.asks import answer
from longweave.kg.code.needed import can_be_told, leads_on, leave_out_passing
from longweave.kg.code.nodes import Node
from longweave.kg.code.phrase import phrase
from longweave.kg.code.plan import Plan, Start, Step
from longweave.kg.code.pose import PLAIN_ANSWERS, hides_its_answer, make_candidate
from longweave.kg.code.rivals import Rivals
from longweave.kg.code.steps import take
from longweave.kg.code.trace import trace
from longweave.kg.code.words import names, says, suggests
from tests.kg.made_code import make_document, make_documents, make_graph
from tests.sample_corpus import read_sample

SETTINGS = CodeSettings(questions_per_sort=6, starts_tried=900)
SELL = Start(
    package="shop", version="1.0", path="shop/sell.py", module="shop.sell", qualname="sell", noun="function"
)
TO_CELLAR = Step(name="instantiates", argument="shop", noun="class")
TO_TAKE = Step(name="method", argument="take", noun="method")
TO_ERROR = Step(name="raises", noun="exception class")


@pytest.fixture(scope="module")
def documents():
    return [d for d in read_sample().values() if d.domain == "code"]


@pytest.fixture(scope="module")
def candidates(documents):
    return list(pose_code(documents, SETTINGS, seed=3))


@pytest.fixture(scope="module")
def graph(documents):
    return CodeGraph(read_module(d) for d in documents)


def plan_of(candidate):
    return Plan.model_validate(json.loads(candidate.reasoning)["plan"])


def follow(*steps, ask, argument="", graph=None, start=SELL):
    return trace(Plan(start=start, steps=list(steps), ask=ask, argument=argument), graph or make_graph())


def test_a_chain_is_followed_through_all_its_files():
    found = follow(TO_CELLAR, TO_TAKE, TO_ERROR, ask="root_class")
    assert (found.answer, found.kind) == ("ShopError", "text")
    assert found.text == (
        "(shop.sell.sell)-[instantiates]-(shop.depot.Cellar)-[inherits from]-(shop.depot.Depot)"
        "-[inherits from]-(shop.Stock)-[is re-exported from]-(shop.stock.Stock)"
        "-[has method take]-(shop.stock.Stock.take)-[raises]-(shop.errors.LoudError)"
        "-[inherits from]-(shop.errors.StockError)-[inherits from]-(shop.errors.ShopError)"
    )
    assert [d.rpartition("/")[2] for d in found.doc_ids] == [
        *("sell.py", "depot.py", "__init__.py", "stock.py", "errors.py")
    ]
    assert {d.rpartition("/")[2] for d in found.passing} == {"__init__.py"}


@pytest.mark.parametrize(
    ("steps", "ask", "argument", "expected"),
    [
        ([TO_CELLAR, TO_TAKE], "constant_default", "", "640"),
        ([TO_CELLAR, TO_TAKE], "string_default", "", "crate"),
        ([TO_CELLAR, TO_TAKE], "default", "unit", "crate"),
        ([TO_CELLAR, TO_TAKE], "raised_name", "", "LoudError"),
        ([TO_CELLAR, TO_TAKE], "parameters", "", "3"),
        ([TO_CELLAR, TO_TAKE, TO_ERROR], "attribute", "code", "7"),
        ([TO_CELLAR, TO_TAKE, TO_ERROR], "ancestors", "", "2"),
        ([TO_CELLAR, TO_TAKE, TO_ERROR], "base_name", "", "StockError"),
        ([TO_CELLAR], "defining_class", "take", "Stock"),
        ([TO_CELLAR], "base_name", "", "Depot"),
        ([], "callee_name", "", None),
    ],
)
def test_what_is_asked_is_answered(steps, ask, argument, expected):
    found = follow(*steps, ask=ask, argument=argument)
    assert (found.answer if found else None) == expected


def test_what_would_be_is_worked_out_again():
    files = {
        "p/a.py": "class A:\n    def m(self, a, b, c, d=4): pass\n",
        "p/b.py": "from .a import A\n"
        "class B(A):\n    def m(self, a, b, c): pass\n    def n(self, x=21): pass\n",
        "p/c.py": "from .b import B\nclass C(B): pass\nclass D(C):\n    def m(self): pass\n",
    }
    graph = make_graph(files)

    def ask(cls, sort, argument=""):
        module, _, name = cls.rpartition(".")
        found = answer(sort, argument, Node(graph.define(module, name)), graph)
        return None if found is None else found.text

    assert ask("p.c.C", "defining_class", "m") == "B"
    assert ask("p.c.C", "deleted_method", "m") == "A"
    assert ask("p.c.C", "deleted_parameters", "m") == "4"
    assert ask("p.c.C", "reparented", "m") == "A"
    assert ask("p.c.D", "deleted_method", "m") == "B"
    assert ask("p.c.D", "reparented", "m") is None
    assert ask("p.a.A", "deleted_method", "m") is None
    n = Node(graph.define("p.b", "B.n"))
    assert answer("doubled_default", "", n, graph).text == "42"


@pytest.mark.parametrize(
    ("body", "step"),
    [
        ("def f():\n    one()\n    two()\n", Step(name="calls", argument="p", noun="function")),
        ("def f():\n    raise Odd\n    raise Even\n", TO_ERROR),
        ("def f():\n    def g(): one()\n    g()\n", Step(name="calls", argument="p", noun="function")),
        ("def f(one):\n    one()\n", Step(name="calls", argument="p", noun="function")),
        ("def f(odd):\n    raise odd\n", TO_ERROR),
        ("class f(Odd, Even): pass\n", Step(name="base", noun="class")),
    ],
)
def test_a_step_that_could_mean_more_than_one_thing_is_not_taken(body, step):
    files = {
        "p/a.py": "def one(): pass\ndef two(): pass\n"
        "class Odd(Exception): pass\nclass Even(Exception): pass\n",
        "p/b.py": "from .a import one, two, Odd, Even\n" + body,
    }
    graph = make_graph(files)
    assert take(step, Node(graph.define("p.b", "f")), graph) is None


def test_a_class_that_makes_its_own_instances_has_no_known_constructor():
    files = {"p/a.py": "class A:\n    def __new__(cls): pass\n    def __init__(self): pass\n"}
    graph = make_graph(files)
    step = Step(name="constructor", noun="constructor")
    assert take(step, Node(graph.define("p.a", "A")), graph) is None


def test_many_questions_of_many_sorts_are_posed(candidates):
    sorts = Counter(json.loads(c.reasoning)["kind"] for c in candidates)
    assert len(candidates) >= 50
    assert len(sorts) >= 14
    assert max(sorts.values()) <= SETTINGS.questions_per_sort
    hops = [json.loads(c.reasoning)["chain"].count("]-(") for c in candidates]
    assert sum(hops) / len(hops) >= 3
    assert min(hops) >= SETTINGS.min_hops
    assert sum(len(c.doc_ids) for c in candidates) / len(candidates) >= 2.5
    assert {c.question_type for c in candidates} == {"multi_fact", "hypothetical"}
    assert len({c.question for c in candidates}) == len({c.sample_id for c in candidates}) == len(candidates)


def test_evidence_is_verbatim_and_from_every_document(candidates, documents):
    texts = {d.doc_id: d.text for d in documents}
    for candidate in candidates:
        assert {e.doc_id for e in candidate.evidence} == set(candidate.doc_ids)
        assert {s.doc_id for s in candidate.support} <= set(candidate.doc_ids)
        for span in [*candidate.evidence, *candidate.support]:
            assert texts[span.doc_id][span.start : span.end] == span.quote != ""


def test_every_document_is_needed_and_they_are_enough(candidates, graph):
    for candidate in candidates:
        plan = plan_of(candidate)
        found = leave_out_passing(plan, trace(plan, graph), graph)
        assert set(found.doc_ids) == set(candidate.doc_ids)
        assert leads_on(plan, found, candidate.doc_ids, graph)
        assert not can_be_told(plan, found, graph)
        for left_out in candidate.doc_ids:
            assert trace(plan, graph.without(left_out)) is None
            assert not leads_on(plan, found, set(candidate.doc_ids) - {left_out}, graph)


def test_nothing_on_the_way_is_named(candidates, graph):
    for candidate in candidates:
        plan = plan_of(candidate)
        found = trace(plan, graph)
        assert phrase(plan) == candidate.question
        assert hides_its_answer(plan, found)
        assert not (candidate.answer_kind == "text" and says(candidate.question, candidate.answer))
        nodes = re.findall(r"\(([^()]*)\)", found.text)[1:-1]
        said = {plan.argument, *(step.argument for step in plan.steps), "__init__"}
        for node in nodes:
            name = node.rpartition(".")[2]
            assert name in said or not names(candidate.question, name), (name, candidate.question)


def test_answers_are_varied_and_seldom_plain(candidates):
    answers = Counter(c.answer for c in candidates)
    assert max(answers.values()) <= SETTINGS.same_answer
    assert sum(answers[a] for a in PLAIN_ANSWERS) <= SETTINGS.plain_answer_share * len(candidates) + 1
    assert not {c.answer.lower() for c in candidates} & {"yes", "no"}


def test_the_same_input_gives_the_same_questions(documents):
    some = [d for d in documents if d.meta["package"] in ("httpx", "requests")]
    settings = CodeSettings(questions_per_sort=2, starts_tried=200)
    first = list(pose_code(some, settings, seed=3))
    assert first
    assert list(pose_code(some[::-1], settings, seed=3)) == first
    assert list(pose_code(some, settings, seed=4)) != first


def test_a_described_start_must_be_the_only_one():
    start = SELL.model_copy(update={"described": "Sell what the cellar holds"})
    graph = make_graph()
    assert follow(TO_CELLAR, ask="base_name", start=start).answer == "Depot"
    twin = make_document("shop/twin.py", 'def hawk():\n    """Sell what the cellar holds, loudly."""\n')
    both = CodeGraph([*graph.modules.values(), read_module(twin)])
    assert follow(TO_CELLAR, ask="base_name", start=start, graph=both) is None


def test_a_parameter_that_only_one_function_has_gives_the_answer_away():
    graph = make_graph()
    plan = Plan(start=SELL, steps=[TO_CELLAR, TO_TAKE], ask="default", argument="unit")
    assert not Rivals(graph).has_rival(plan)
    rival = read_module(make_document("shop/more.py", "def weigh(unit='pound'): pass\n"))
    assert Rivals(CodeGraph([*graph.modules.values(), rival])).has_rival(plan)


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("the type of `param` in `f`", "Parameter", True),
        ("the base of `AsyncStream`", "StreamAsync", True),
        ("the base of `AsyncStream`", "ByteStream", False),
        ("what does `take` raise", "LoudError", False),
    ],
)
def test_an_answer_made_of_the_questions_words_is_told(question, answer, told):
    assert suggests(question, answer) is told


def test_conflicting_documents_may_not_stand_beside_a_question():
    documents = {d.doc_id: d for d in make_documents()}
    start = SELL.model_copy(update={"described": "Sell what the cellar holds"})
    plan = Plan(start=start, steps=[TO_CELLAR, TO_TAKE], ask="raised_name")
    candidate = make_candidate(plan, trace(plan, make_graph()), documents, seed=1)
    assert conflicts_code(candidate, "shop 1.0: shop/stock.py", "")
    assert conflicts_code(candidate, "shop 2.0: shop/other.py", "")
    assert conflicts_code(candidate, "shop 1.0: shop/other.py", '"""sell what\n    the cellar holds"""')
    assert not conflicts_code(candidate, "shop 1.0: shop/other.py", "Sell what the attic holds")
    assert not conflicts_code(candidate, "store 1.0: store/stock.py", "class Stock: pass")
    assert not conflicts_code(candidate, "Annual report", "Sell what the cellar holds")
