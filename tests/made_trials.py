"""Trials and checks as the gates leave them, made by hand."""

from typing import Any

from longweave.synth.records import Check, Sample, Trial, TrialKind
from longweave.verify.pass_rate import find_interval
from tests.made_samples import UNION_PACIFIC, make_sample

SOLVER, POLICY = "solver-8b", "policy-2b"


def make_trial(check: TrialKind = "context", n: int = 4, passes: int = 2, **fields: Any) -> Trial:
    """``passes`` of ``n`` answers are right, the others say 17."""
    values: dict[str, Any] = {
        "model": POLICY if check == "policy" else SOLVER,
        "mean_score": passes / n if n else 0.0,
        "answers": ["415285"] * passes + ["17"] * (n - passes),
    }
    low, high = find_interval(n, passes) if n else (0.0, 1.0)
    estimate = {"pass_at_k": passes / max(n, 1), "low": low, "high": high}
    return Trial(check=check, n=n, passes=passes, **(values | estimate | fields))


def make_tried(**fields: Any) -> Sample:
    """A sample that all gates have asked about and kept."""
    trials = [
        make_trial("closed_book", passes=0),
        make_trial("needed_only", passes=4),
        make_trial("without_document", passes=1, left_out=UNION_PACIFIC.doc_id),
        make_trial("context", passes=3, target_tokens=8_000, depth=0.15),
        make_trial("context", passes=1, target_tokens=60_000, depth=0.95, by_judge=1),
        make_trial("policy", passes=2, stage="full_context_20k", target_tokens=8_000),
    ]
    checks = [
        Check(name=name, passed=True) for name in ("structure", "grounding", "robustness", "difficulty")
    ]
    return make_sample(**({"trials": trials, "checks": checks, "difficulty": 0.5} | fields))
