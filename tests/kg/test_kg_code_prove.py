"""The prover of code questions believes only the prompt."""

import json

import pytest

from longweave.kg.code import CodeSettings, conflicts_code, pose_code, prove_code
from longweave.kg.code.needed import leave_out_passing
from longweave.kg.code.plan import Plan, Start, Step
from longweave.kg.code.pose import make_candidate
from longweave.kg.code.trace import trace
from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import build_pool, open_pool
from longweave.synth.prompt import ELLIPSIS
from longweave.synth.records import Message, Sample, canonical_json
from longweave.synth.tokens import load_tokenizer
from longweave.verify.provers import verify_sample
from longweave.verify.structure import PromptLength
from tests.kg.made_code import PACKAGE, make_document, make_documents, make_graph, show
from tests.sample_corpus import read_sample

ID = "shop-1.0-shop/"


@pytest.fixture
def candidate():
    """Five files, from ``sell`` to the root of what ``take`` raises; one only passes a name on."""
    start = Start(
        package="shop",
        version="1.0",
        path="shop/sell.py",
        module="shop.sell",
        qualname="sell",
        noun="function",
    )
    steps = [
        Step(name="instantiates", argument="shop", noun="class"),
        Step(name="method", argument="take", noun="method"),
        Step(name="raises", noun="exception class"),
    ]
    plan, graph = Plan(start=start, steps=steps, ask="root_class"), make_graph()
    found = leave_out_passing(plan, trace(plan, graph), graph)
    return make_candidate(plan, found, {d.doc_id: d for d in make_documents()}, seed=1)


def proof(candidate, *more, bodies=None, without=""):
    documents = [d for d in make_documents() if d.doc_id != without]
    return prove_code(show(candidate, [*documents, *more], bodies))


def reason(dropped):
    return None if dropped is None else dropped.reason


def test_a_prompt_with_all_files_proves_the_answer(candidate):
    assert candidate.answer == "ShopError"
    assert proof(candidate) is None
    assert proof(candidate, make_document("shop/more.py", "class Other: pass\n")) is None
    assert proof(candidate, make_document("notes.md", "no code")) is None


def test_a_file_that_only_passes_a_name_on_may_be_shown_or_not(candidate):
    passing = f"{ID}__init__.py"
    assert passing not in candidate.doc_ids
    assert passing not in {e.doc_id for e in candidate.evidence}
    assert proof(candidate, without=passing) is None
    assert proof(candidate, bodies={passing: f"import os\n{ELLIPSIS}"}) is None
    claimed = candidate.model_copy(update={"doc_ids": [*candidate.doc_ids, passing]})
    assert proof(claimed).detail == passing
    other = make_document("shop/other.py", "class Stock: pass\n")
    assert proof(candidate, other) is None
    assert reason(proof(candidate, other, without=passing)) == "answer_missing"


@pytest.mark.parametrize("path", [path for path in PACKAGE if "__init__" not in path])
def test_without_any_one_file_there_is_no_proof(candidate, path):
    assert reason(proof(candidate, without=f"shop-1.0-{path}")) == "answer_missing"


def test_another_wording_is_found_out(candidate):
    assert reason(proof(candidate.model_copy(update={"question": "Which class?"}))) == "question_differs"


def test_another_answer_is_found_out(candidate):
    assert reason(proof(candidate.model_copy(update={"answer": "StockError"}))) == "answer_differs"
    changed = PACKAGE["shop/stock.py"].replace("LoudError", "ShopError")
    assert reason(proof(candidate, bodies={f"{ID}stock.py": changed})) == "answer_missing"


def test_a_document_that_is_not_on_the_way_is_found_out(candidate):
    more = make_document("shop/more.py", "class Other: pass\n")
    claimed = candidate.model_copy(update={"doc_ids": [*candidate.doc_ids, more.doc_id]})
    assert reason(proof(claimed, more)) == "document_not_needed"
    left_out = candidate.model_copy(update={"doc_ids": [d for d in candidate.doc_ids if "sell" not in d]})
    assert reason(proof(left_out)) == "document_not_needed"


def test_a_chain_that_another_file_would_close_does_not_need_the_one(candidate):
    files = {
        "p/__init__.py": "from . import real as tool\n",
        "p/real.py": "def g(a, b, c, d): pass\n",
        "p/tool.py": "def g(a, b, c): pass\n",
        "p/use.py": "from p import tool\n\ndef begin():\n    tool.g()\n",
    }
    documents = make_documents(files)
    start = Start(
        package="shop", version="1.0", path="p/use.py", module="p.use", qualname="begin", noun="function"
    )
    plan = Plan(start=start, steps=[Step(name="calls", argument="p", noun="function")], ask="parameters")
    found = trace(plan, make_graph(files))
    made = make_candidate(plan, found, {d.doc_id: d for d in documents}, seed=1)
    assert (made.answer, len(made.doc_ids)) == ("4", 3)
    assert reason(prove_code(show(made, documents))) == "document_not_needed"
    assert prove_code(show(made, [d for d in documents if "tool" not in d.doc_id])) is None
    settings = CodeSettings(min_hops=2)
    assert made.answer not in [c.answer for c in pose_code(documents, settings, seed=1)]
    without_tool = [d for d in documents if "tool" not in d.doc_id]
    assert made.answer in [c.answer for c in pose_code(without_tool, settings, seed=1)]


@pytest.mark.parametrize(("path", "version"), [("shop/stock.py", "2.0"), ("shop/new.py", "1.1")])
def test_another_version_beside_it_is_found_out(candidate, path, version):
    rival = make_document(path, "class Stock: pass\n", version=version)
    assert reason(proof(candidate, rival)) == "evidence_repeated"


def test_a_class_not_shown_to_its_end_proves_nothing(candidate):
    """Something may stand in the part left out."""
    depot = PACKAGE["shop/depot.py"].replace('    place = "far away"\n', ELLIPSIS)
    assert reason(proof(candidate, bodies={f"{ID}depot.py": depot})) == "answer_missing"
    stock = PACKAGE["shop/stock.py"].replace('        return "stock"\n', ELLIPSIS)
    assert proof(candidate, bodies={f"{ID}stock.py": stock}) is None


def test_a_second_exception_in_what_is_shown_leaves_no_answer(candidate):
    stock = PACKAGE["shop/stock.py"].replace("raise LoudError", "raise ValueError\n        raise LoudError")
    assert reason(proof(candidate, bodies={f"{ID}stock.py": stock})) == "answer_missing"


def test_a_plan_that_was_changed_is_found_out(candidate):
    reasoning = json.loads(candidate.reasoning)
    reasoning["plan"]["ask"] = "base_name"
    changed = candidate.model_copy(update={"reasoning": canonical_json(reasoning)})
    assert reason(proof(changed)) == "question_differs"


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    """Real questions in contexts short enough that files are shown in parts."""
    documents = [d for d in read_sample().values() if d.domain == "code"]
    tokenizer = load_tokenizer()
    folder = tmp_path_factory.mktemp("code") / "pool"
    build_pool(((d, cut_blocks(d.text, tokenizer)) for d in documents), tokenizer, folder)
    pool = open_pool(folder, tokenizer)
    settings = CodeSettings(questions_per_sort=1, starts_tried=600)
    samples = []
    for candidate in pose_code(documents, settings, seed=2):
        sample = assemble(
            candidate,
            20_000,
            pool,
            ContextSettings(),
            1,
            lambda c, piece: conflicts_code(c, piece.title, piece.body),
        )
        assert isinstance(sample, Sample)
        samples.append(sample)
    return samples


def test_assembled_samples_pass_the_gates(assembled):
    length = PromptLength(ContextSettings().fill, ContextSettings().template_tokens)
    tokenizer = load_tokenizer()
    verdicts = [verify_sample(s, {"kg_code": prove_code}, tokenizer, length) for s in assembled]
    assert len(verdicts) >= 10
    assert any(ELLIPSIS in sample.prompt[0].content for sample in assembled)
    kept = [verdict for verdict in verdicts if isinstance(verdict, Sample)]
    assert len(kept) == len(verdicts), [v for v in verdicts if not isinstance(v, Sample)]


def test_assembled_samples_need_their_evidence(assembled):
    """With the line of one definition struck out, nothing is proven (an import may stand there twice)."""
    for sample in assembled:
        message = sample.prompt[-1].content
        lines = [p for p in sample.positions if message[p.start : p.end].startswith(("class ", "def "))]
        position = lines[len(lines) // 2]
        start = message.rfind("\n", 0, position.start) + 1
        end = message.find("\n", position.end)
        struck = message[:start] + "#" + message[end:]
        changed = sample.model_copy(update={"prompt": [Message(role="user", content=struck)]})
        assert prove_code(changed) is not None, sample.question
