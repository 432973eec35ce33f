"""Answers of a model: taken out of its response and compared with the gold, by rule.

In: a response or prediction in free text, and a sample's gold answer with its kind, tolerance and unit.
Out: a ``Verdict``. Rewards, judges and evaluations all use this one comparison.
"""

from longweave.synth.answers.compare import Verdict, compare_answer, is_abstention
from longweave.synth.answers.extract import extract_answer
from longweave.synth.answers.texts import cover_exact_match

__all__ = ["Verdict", "compare_answer", "cover_exact_match", "extract_answer", "is_abstention"]
