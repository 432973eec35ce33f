"""A plan in words. The same plan always gives the same words; they come from ``wordings.yaml``."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from longweave.kg.code.plan import Plan, Start, Step

_NESTED = 2


def phrase(plan: Plan) -> str:
    """The question. Up to two steps are said in one noun phrase, more of them one sentence each."""
    number = plan.phrasing
    if len(plan.steps) <= _NESTED:
        it = say_start(plan.start, number)
        for position, step in enumerate(plan.steps):
            it = say_step(step, it, number + position)
        return _capital(_ask(plan, it, number))
    frame = _pick(_wordings()["frames"], number)
    sentences: list[str] = []
    of = f"that {plan.start.noun}"
    for position, step in enumerate(plan.steps):
        part = "first" if position == 0 else "last" if position == len(plan.steps) - 1 else "then"
        said = say_step(step, of, number + position)
        sentences.append(frame[part].format(start=say_start(plan.start, number), step=said))
        of = f"that {step.noun}"
    return " ".join([*sentences, _capital(_ask(plan, of, number))])


def say_start(start: Start, number: int) -> str:
    """The place where the chain starts."""
    kind = "described" if start.described else "named"
    return str(_pick(_wordings()["starts"][kind], number).format(**start.model_dump()))


def say_step(step: Step, of: str, number: int) -> str:
    """What a step arrives at."""
    template = _pick(_wordings()["steps"][step.name], number)
    return str(template.format(of=of, argument=step.argument))


def _ask(plan: Plan, it: str, number: int) -> str:
    template = _pick(_wordings()["asks"][plan.ask], number)
    return str(template.format(it=it, argument=plan.argument))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _pick(options: list[Any], number: int) -> Any:
    return options[number % len(options)]


@cache
def _wordings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files(__package__) / "wordings.yaml").read_text("utf-8"))
    return loaded
