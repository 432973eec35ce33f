"""Gates and the report: samples in, verified samples and rejects out.

``provers`` puts samples through ``structure`` and through the prover of their maker, which the caller hands
in; this room knows no maker. ``grounding``, ``robustness`` and ``difficulty`` ask models about a sample;
``report`` and ``review`` show a run to people.
"""

from longweave.verify.provers import Prover, verify_sample
from longweave.verify.structure import PromptLength

__all__ = ["PromptLength", "Prover", "verify_sample"]
