"""Gates and the report: samples in, verified samples and rejects out.

``provers`` puts samples through ``structure`` and through the prover of their maker, which the caller hands
in; this room knows no maker. ``report`` shows a run on one page.
"""

from longweave.verify.provers import Prover, Reject, Verified, index_questions, verify_samples
from longweave.verify.structure import PromptLength

__all__ = ["PromptLength", "Prover", "Reject", "Verified", "index_questions", "verify_samples"]
