"""The verdicts on what an endpoint showed when it was examined: ok, warning or failed, and what to do.

Pure; ``examine`` is who asks. What a server wrote is cut to one short line.
"""

from dataclasses import dataclass
from typing import Literal

from longweave.synth.llm.faults import Fault, Kind, one_line
from longweave.synth.llm.probe import Listing
from longweave.synth.llm.reasoning import separate_reasoning
from longweave.synth.llm.response import Choice
from longweave.synth.llm.settings import RoleModel
from longweave.synth.llm.typed import BrokenAnswer

Verdict = Literal["ok", "warning", "failed"]

_TEMPLATE_TOKENS = 64
_SLOW_SECONDS = 10.0
_TOKEN_TOLERANCE = 0.02
_SHOWN = 120
_NAMES_SHOWN = 8
_FIX_SCHEMA = "Start the server with guided decoding, or use a larger model."


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a diagnosis: what was looked at, how it stands, what was seen, and what to do about it."""

    what: str
    verdict: Verdict
    seen: str
    fix: str = ""


def judge_model(name: str, listing: Listing, refusal: Fault | None) -> Check:
    """Whether the model is there, by the server's list and by what it said to a request."""
    names = [shorten_line(repr(model.name)) for model in listing.models]
    listed = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    there = f"the server has {listed}" if names else "the server shows no list"
    if refusal is not None:
        fix = (
            "Set the role's model to one of them." if names else "Check model, and that the URL ends in /v1."
        )
        return Check("model", "failed", f"no {name!r}: {shorten_line(refusal.detail)}; {there}", fix)
    if any(model.name == name for model in listing.models):
        return Check("model", "ok", f"{name!r} is listed")
    if listing.takes_any_name:
        return Check("model", "ok", f"takes any name; {there}")
    if not names:
        return Check("model", "ok", f"{name!r} answers; {there}")
    return Check(
        "model",
        "warning",
        f"answers as {name!r}, which is not listed; {there}",
        "Set the role's model to a listed name: answers are stored under it.",
    )


def judge_context(context: int | None, prompt_tokens: int, max_tokens: int) -> Check:
    """Whether the longest prompt and an answer of ``max_tokens`` fit into ``context`` (None: not known)."""
    needed = prompt_tokens + max_tokens + _TEMPLATE_TOKENS
    asked = f"{prompt_tokens:,} of prompt + {max_tokens:,} of answer"
    if context is None:
        return Check(
            "context",
            "warning" if prompt_tokens else "ok",
            f"the server does not say; the run needs {asked}",
            f"Make sure that the model takes {needed:,} tokens." if prompt_tokens else "",
        )
    seen = f"{context:,} tokens; the run needs {asked}"
    if needed <= context:
        return Check("context", "ok", seen)
    fix = "Start the server with a longer context, lower the role's max_tokens"
    return Check("context", "failed", seen, f"{fix}, or context.targets." if prompt_tokens else f"{fix}.")


def judge_tokens(ours: int, theirs: int) -> Check:
    """Whether server and run count the same text alike; both counts without the chat template."""
    if ours == theirs:
        return Check("tokenizer", "ok", f"both count {ours} tokens")
    seen = f"{theirs} tokens there, {ours} by the run's tokenizer ({theirs / ours - 1:+.1%})"
    if abs(theirs - ours) <= _TOKEN_TOLERANCE * ours:
        return Check("tokenizer", "ok", seen)
    return Check(
        "tokenizer",
        "warning",
        seen,
        "Set tokenizer to the model's tokenizer.json if lengths are meant for it.",
    )


def judge_schema(broken: BrokenAnswer | None, choice: Choice, role: RoleModel, as_schema: bool) -> Check:
    """How a schema works. ``as_schema``: it was sent as one, not in words; ``broken``: the answer is."""
    if broken is not None and broken.reason == "cut_off":
        return Check(
            "schema", "warning", f"not judged: {shorten_line(str(broken))}", "Raise the role's max_tokens."
        )
    if broken is not None:
        return Check(
            "schema", "failed", f"{shorten_line(str(broken))}: {shorten_line(repr(choice.text))}", _FIX_SCHEMA
        )
    if as_schema:
        return Check("schema", "ok", "keeps to json_schema")
    match role.structured:
        case "words":
            return Check("schema", "ok", "keeps to a schema in words")
        case "json_schema":
            return Check("schema", "failed", "does not take json_schema, but words", "Set structured: auto.")
        case "auto":
            seen = "does not keep to json_schema, but to words"
            return Check("schema", "warning", seen, "Start the server with guided decoding.")


def judge_several(n_given: int | None, role: RoleModel) -> Check:
    """Whether two answers came to one request (None: it was refused)."""
    if n_given == 2:
        return Check("n", "ok", "several answers to one request")
    seen = "refuses several answers to one request" if n_given is None else "gives one answer whatever n says"
    if role.multiple == "yes":
        return Check("n", "failed", seen, "Set multiple: auto for the role.")
    return Check("n", "warning", f"{seen}: every sample pays for the prompt", "Use a server that takes n.")


def judge_latency(seconds: float) -> Check:
    """Whether a short request is answered in good time."""
    if seconds <= _SLOW_SECONDS:
        return Check("latency", "ok", f"{seconds:.2f} s for a short request")
    return Check(
        "latency",
        "warning",
        f"{seconds:.0f} s for a short request",
        "The server is busy or still loading: ask again, and mind the role's timeout.",
    )


def judge_thinking(choice: Choice, max_tokens: int) -> Check:
    """Whether what the model thought can be told from its answer."""
    separated = separate_reasoning(choice)
    if separated.is_cut_off:
        seen = f"not at an end after {max_tokens:,} tokens"
        return Check(
            "thinking", "warning", seen, "Raise the role's max_tokens, or turn thinking down in extra."
        )
    if choice.reasoning:
        return Check("thinking", "ok", "separated by the server")
    return Check("thinking", "ok", "in the answer, separated here" if separated.reasoning else "none seen")


def explain_first_fault(fault: Fault, role: RoleModel, listing: Listing) -> list[Check]:
    """What it means that the first request failed with ``fault``."""
    detail = shorten_line(fault.detail)
    if fault.detail.startswith(("HTTP 401", "HTTP 403")):
        if role.api_key_env is None:
            return [
                Check("key", "failed", detail, "Name the variable with the key in the role's api_key_env.")
            ]
        return [Check("key", "failed", detail, f"Check the key in ${role.api_key_env}.")]
    if fault.detail.startswith("HTTP 404"):
        return [judge_model(role.model, listing, fault)]
    if fault.kind is Kind.REFUSED:
        fix = "Check the role's temperature, top_p and extra: the server takes none that it does not know."
        return [Check("answer", "failed", detail, fix)]
    fix = fault.fix or "See the server's log, and ask again."
    return [Check("answer", "failed", f"{fault.kind.value}: {detail}", fix)]


def shorten_line(text: str) -> str:
    """``text`` as one short line of printable characters."""
    line = one_line(text)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
