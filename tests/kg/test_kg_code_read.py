"""Python files are read into facts whose places are right, whole or in the parts that a prompt shows."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.gold.code import read_facts, read_gold
from longweave.kg.code import Module, Unreadable, read_module, triples_of
from longweave.kg.code.fragments import read_shown, recover_statements
from longweave.kg.code.place import find_place
from longweave.synth.prompt import ELLIPSIS, PromptPiece, parse_prompt, render_prompt
from tests.kg.made_code import PACKAGE, make_document
from tests.sample_corpus import read_sample

SOURCE = '''"""A module."""
from .errors import (
    Broken,
)
import os.path as p

LIMIT: int = 640


class Ünicode(Base[int], metaclass=Meta):
    """Says hello.

    More.
    """

    @property
    def size(self) -> "Other":
        return -5

    async def fetch(self, url, *rest, timeout=LIMIT, **more):
        try:
            return p.join("ä", self.size)
        except (Broken, OSError) as error:
            raise Worse("x") from error
'''


def read(text, path="pkg/mod.py"):
    module = read_module(make_document(path, text, package="pkg"))
    assert isinstance(module, Module)
    return module


def quoted(module, span):
    return module.text[span.start : span.end]


@pytest.fixture(scope="module")
def code():
    return [d for d in read_sample().values() if d.domain == "code"]


def test_facts_of_a_file_stand_where_they_say():
    module = read(SOURCE)
    cls, size, fetch = module.definitions
    assert quoted(module, cls.header) == "class Ünicode(Base[int], metaclass=Meta):"
    assert (cls.kind, cls.bases[0].name, cls.docstring) == ("class", "Base", "Says hello.")
    assert quoted(module, cls.docstring_span) == "Says hello."
    assert (size.kind, size.returns.name, size.returned[0].plain) == ("method", "Other", "-5")
    assert [d.name for d in size.decorators] == ["property"]
    assert (fetch.is_async, fetch.scope, fetch.qualname) == (True, "Ünicode", "Ünicode.fetch")
    assert [(p.name, p.kind) for p in fetch.parameters] == [
        ("self", "positional"),
        ("url", "positional"),
        ("rest", "vararg"),
        ("timeout", "keyword"),
        ("more", "kwarg"),
    ]
    assert quoted(module, fetch.parameters[3].span) == "timeout=LIMIT"
    assert [c.name for c in fetch.calls] == ["Worse", "p.join"]
    assert quoted(module, fetch.calls[1].span) == "p.join"
    assert [c.name for c in fetch.catches] == ["Broken", "OSError"]
    assert [r.name for r in fetch.raises] == ["Worse"]
    assert module.imports == (".errors:Broken", "os.path")
    assert [(i.module, i.name, i.bound) for i in module.imported] == [
        (".errors", "Broken", "Broken"),
        ("os.path", "", "p"),
    ]


def test_a_definition_closes_with_the_line_behind_it():
    module = read(
        "class A:\n    def m(self):\n        pass\n\n    # about n\n    def n(self):\n        pass\n"
    )
    m = module.definitions[1]
    assert module.text[m.body.end : m.close].endswith("def n(self):")
    assert module.definitions[0].close == len(module.text)


def test_overloads_and_setters_are_no_bindings():
    text = (
        "class A:\n    @overload\n    def m(self): ...\n    def m(self): pass\n"
        "    @property\n    def v(self): pass\n    @v.setter\n    def v(self, x): pass\n"
    )
    bindings = read(text).bindings["A"]
    assert {name: len(found) for name, found in bindings.items()} == {"m": 1, "v": 1}


def test_what_is_no_python_file_is_unreadable_with_the_reason():
    assert read_module(make_document("a/b.py", "print 'two'\n")) == Unreadable("not_python")
    assert read_module(make_document("a/b.py", "x = 1\0\n")) == Unreadable("not_python")
    assert read_module(make_document("a/b.txt", "x = 1\n")) == Unreadable("no_module_path")
    assert read_module(make_document("a/b.py", "(" * 100_000)) in (
        Unreadable("too_deep"),
        Unreadable("not_python"),
    )


def test_places_follow_the_title():
    assert find_place("attrs 26.1.0: src/attr/_make.py").dotted == "attr._make"
    init = find_place("httpx 0.28.1: httpx/__init__.py")
    assert (init.dotted, init.is_package, init.root) == ("httpx", True, "httpx")
    assert find_place("Annual report 2024") is None


def test_triples_quote_their_source(code):
    relations = set()
    for document in code[::12]:
        module = read_module(document)
        triples = triples_of(module)
        assert triples == triples_of(read_module(document))
        assert len({t.triple_id for t in triples}) == len(triples)
        for triple in triples:
            evidence = triple.evidence
            assert document.text[evidence.start : evidence.end] == evidence.quote != ""
            relations.add(triple.relation)
    assert relations >= {
        *("defines", "imports", "inherits from", "calls", "raises", "has parameter", "has default"),
        *("returns", "is decorated with", "is assigned"),
    }


def test_numbers_are_number_triples():
    triples = {(t.relation, t.object): t for t in triples_of(read(SOURCE))}
    assert triples["is assigned", "640"].object_type == "number"
    assert triples["returns", "-5"].object_type == "number"
    assert triples["has default", "LIMIT"].object_type == "code"


def test_gold_facts_are_compared_without_regard_to_the_order_of_names():
    gold = {
        "definitions": [
            {"kind": "function", "qualname": "f", "line": 2, "end_line": 3, "args": ["a"], "calls": ["g"]}
        ],
        "imports": ["m:b,a"],
    }
    row = make_document("x/y.py", "from m import a, b\ndef f(a, *rest):\n    g()\n").model_dump()
    assert read_facts(row) == read_gold(gold)


def test_whole_shown_files_read_as_the_files(code):
    for document in code[::20]:
        prompt = render_prompt([PromptPiece(document.title, document.text.rstrip() + "\n")], "?", "a word")
        shown = read_shown(parse_prompt(prompt.message).documents[0], document.doc_id)
        assert [(d.qualname, d.complete) for d in shown.definitions] == [
            (d.qualname, True) for d in read_module(document).definitions
        ]


def test_a_gap_makes_incomplete_what_it_may_go_on_in():
    body = (
        "class A(B):\n    def m(self):\n        return 1\n\n    def n(self):\n        return 2\n"
        f"{ELLIPSIS}    def o(self):\n        return 3\n\ndef free():\n    pass\n"
    )
    prompt = render_prompt([PromptPiece("pkg 1.0: pkg/mod.py", body)], "?", "a word")
    shown = read_shown(parse_prompt(prompt.message).documents[0], "d")
    assert {d.qualname: d.complete for d in shown.definitions} == {
        "A": False,
        "A.m": True,
        "A.n": False,
        "A.o": True,
        "free": True,
    }


def test_a_definition_with_lines_passed_over_is_incomplete():
    body = f"def whole():\n    pass\n\ndef broken():\n    x = 1\n    y = (2,\n{ELLIPSIS}"
    prompt = render_prompt([PromptPiece("pkg 1.0: pkg/mod.py", body)], "?", "a word")
    shown = read_shown(parse_prompt(prompt.message).documents[0], "d")
    assert {d.qualname: d.complete for d in shown.definitions} == {"whole": True, "broken": False}


@pytest.mark.parametrize(
    "part",
    [
        'of a docstring.\n        """\n        return 1\n\n    def found(self):\n        return 2\n',
        "        return 1\n\n    def found(self):\n        try:\n            return go()\n",
        '    def found(self):\n        """Begins and\n',
        "    def other(self):\n        x = (1,\n    2\n    def found(self):\n        pass\n",
        "            return 1\n        except OSError:\n            pass\n\n"
        "    def found(self):\n        pass\n",
        "    def found(self):\n        if ready:\n",
    ],
)
def test_parts_that_begin_and_end_anywhere_are_recovered(part):
    names = [getattr(node, "name", "") for body, _ in recover_statements(part) for node in body]
    assert "found" in names


@given(st.integers(0, 10_000))
def test_headers_found_in_excerpts_stand_where_they_say(seed):
    rng = random.Random(seed)
    text = PACKAGE["shop/errors.py"] + "\n\n" + SOURCE
    parts = re.split(r"(?<=\n)(?=\n)", text)
    body = "".join(
        part.lstrip("\n") if rng.random() < 0.6 else ELLIPSIS for part in parts if part.strip()
    ).replace(ELLIPSIS + ELLIPSIS, ELLIPSIS)
    prompt = render_prompt([PromptPiece("pkg 1.0: pkg/mod.py", body)], "?", "a word")
    shown = read_shown(parse_prompt(prompt.message).documents[0], "d")
    assert isinstance(shown, Module)
    for definition in shown.definitions:
        header = quoted(shown, definition.header)
        assert re.match(r"(class|def|async def) ", header)
        assert header.endswith(":")
        assert ELLIPSIS not in header
