"""A document that a reader can guess is not needed, and what can be told without it is not asked."""

import pytest

from longweave.kg.code.needed import is_found_by_name, leads_on, leave_out_passing, tells_twice
from longweave.kg.code.plan import Plan, Start, Step
from longweave.kg.code.trace import trace
from tests.kg.made_code import make_graph

FILES = {
    "p/__init__.py": "from .core import Tool\n",
    "p/core.py": "from .base import Base\n\n\nclass Tool(Base):\n    def cut(self, size=3): pass\n",
    "p/base.py": "class Base:\n    def fold(self, a, b, c): pass\n",
    "p/use.py": "from p import Tool\n\n\ndef begin():\n    Tool()\n",
}
START = Start(
    package="shop", version="1.0", path="p/use.py", module="p.use", qualname="begin", noun="function"
)
TO_TOOL = Step(name="instantiates", argument="p", noun="class")


def follow(files, ask, *steps, argument=""):
    plan, graph = Plan(start=START, steps=[TO_TOOL, *steps], ask=ask, argument=argument), make_graph(files)
    return plan, leave_out_passing(plan, trace(plan, graph), graph), graph


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, False),
        ({"p/__init__.py": "from .core import *\n"}, False),
        ({"p/use.py": "import p\n\n\ndef begin():\n    p.Tool()\n"}, False),
        ({"p/__init__.py": "from .more import Tool\n", "p/more.py": "from .core import Tool\n"}, False),
        (
            {
                "p/__init__.py": "from .core import Tool as Kit\n",
                "p/use.py": "from p import Kit\n\n\ndef begin():\n    Kit()\n",
            },
            True,
        ),
        ({"p/base.py": FILES["p/base.py"] + "\n\nclass Tool: pass\n"}, True),
        ({"p/__init__.py": "from . import core\n\nTool = core.Tool\n"}, True),
    ],
)
def test_a_document_is_needed_if_it_decides_and_not_if_it_passes_on(changed, expected):
    _, found, _ = follow({**FILES, **changed}, "base_name")
    names = {doc_id.rpartition("/")[2] for doc_id in found.doc_ids}
    assert found.answer == "Base"
    assert ("__init__.py" in names) is expected
    assert "more.py" not in names
    assert names >= {"use.py", "core.py", "base.py"}


def test_a_file_that_is_not_shown_is_guessed_only_where_one_name_fits():
    plan, found, graph = follow(FILES, "base_name")
    assert leads_on(plan, found, found.doc_ids, graph)
    assert not leads_on(plan, found, [d for d in found.doc_ids if "core" not in d], graph)
    twice = make_graph({**FILES, "p/twin.py": "class Tool: pass\n"})
    assert not leads_on(plan, found, [*found.doc_ids, "shop-1.0-p/twin.py"], twice)


def test_an_answer_that_two_documents_name_can_be_told():
    _, found, graph = follow(FILES, "base_name")
    assert tells_twice(found, graph)
    inside = {**FILES, "p/core.py": "class Base: pass\n\n\nclass Tool(Base): pass\n", "p/base.py": ""}
    _, found, graph = follow(inside, "base_name")
    assert found.answer == "Base"
    assert not tells_twice(found, graph)


def test_the_only_method_of_a_name_is_found_without_the_chain():
    cut = Step(name="method", argument="cut", noun="method")
    plan, found, graph = follow(FILES, "number_default", cut)
    core = ["shop-1.0-p/core.py"]
    assert is_found_by_name(plan, found, core, graph)
    rival = FILES["p/core.py"] + "\n\nclass Saw:\n    def cut(self, size=4): pass\n"
    plan, found, graph = follow({**FILES, "p/core.py": rival}, "number_default", cut)
    assert found.answer == "3"
    assert not is_found_by_name(plan, found, core, graph)
