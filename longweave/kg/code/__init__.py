"""Source trees to questions whose chains cross files, with no model.

In: code ``Document``s, whose titles say which file of which package they are. Out: their facts (``Module``,
triples), the graph of what their names stand for, and candidates; a prover for the finished samples and what
may not pad them.
"""

from longweave.kg.code.conflicts import conflicts_code
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Module, Unreadable
from longweave.kg.code.pose import pose_code
from longweave.kg.code.prove import prove_code
from longweave.kg.code.read import read_module
from longweave.kg.code.settings import CodeSettings
from longweave.kg.code.triples import triples_of

__all__ = [
    "CodeGraph",
    "CodeSettings",
    "Module",
    "Unreadable",
    "conflicts_code",
    "pose_code",
    "prove_code",
    "read_module",
    "triples_of",
]
