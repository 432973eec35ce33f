"""A little package in made files, and how tests turn files into graphs and samples."""

from longweave.kg.code import CodeGraph, Module, read_module
from longweave.synth.prompt import PromptPiece, render_prompt
from longweave.synth.records import Candidate, Document, Message, Piece, Sample

PACKAGE = {
    "shop/__init__.py": "from .stock import Stock as Stock\n",
    "shop/errors.py": '''class ShopError(Exception):
    code = 7


class StockError(ShopError):
    """Raised when nothing is left."""


class LoudError(StockError):
    def report(self, first, second, third=12):
        return "loud"
''',
    "shop/stock.py": '''from .errors import LoudError

LIMIT = 640


class Stock:
    def take(self, amount, limit=LIMIT, unit="crate"):
        """Take goods out of the stock."""
        raise LoudError(amount)

    def report(self, first, second):
        return "stock"
''',
    "shop/depot.py": '''from . import Stock


class Depot(Stock):
    """A stock that lies elsewhere."""

    place = "far away"


class Cellar(Depot):
    pass
''',
    "shop/sell.py": '''from .depot import Cellar


def sell(amount):
    """Sell what the cellar holds."""
    return Cellar(amount)
''',
}


def make_document(path: str, text: str, package: str = "shop", version: str = "1.0") -> Document:
    """A code document as the corpus has them."""
    return Document(
        doc_id=f"{package}-{version}-{path}",
        title=f"{package} {version}: {path}",
        text=text,
        domain="code",
        source="made",
        license="CC0-1.0",
        n_tokens=len(text) // 4,
    )


def make_documents(files: dict[str, str] | None = None) -> list[Document]:
    """The documents of ``files``, the little package by default."""
    return [make_document(path, text) for path, text in (files or PACKAGE).items()]


def make_graph(files: dict[str, str] | None = None) -> CodeGraph:
    """The graph of ``files``; all must be readable."""
    modules = [read_module(document) for document in make_documents(files)]
    assert all(isinstance(module, Module) for module in modules)
    return CodeGraph(module for module in modules if isinstance(module, Module))


def show(candidate: Candidate, documents: list[Document], bodies: dict[str, str] | None = None) -> Sample:
    """``candidate`` over ``documents`` as a prompt shows them; ``bodies`` by document id where not whole."""
    texts = {d.doc_id: (bodies or {}).get(d.doc_id, d.text) for d in documents}
    pieces = [PromptPiece(document.title, texts[document.doc_id]) for document in documents]
    prompt = render_prompt(pieces, candidate.question, "a word")
    context = [
        Piece(
            doc_id=document.doc_id,
            title=document.title,
            role="needed" if document.doc_id in candidate.doc_ids else "hard",
            doc_spans=[(0, len(document.text))],
            context_start=start,
            context_end=end,
            n_tokens=0,
        )
        for document, (start, end) in zip(documents, prompt.spans, strict=True)
    ]
    return Sample(
        **{name: getattr(candidate, name) for name in Candidate.model_fields},
        target_tokens=0,
        n_prompt_tokens=0,
        context=context,
        positions=[],
        prompt=[Message(role="user", content=prompt.message)],
    )
