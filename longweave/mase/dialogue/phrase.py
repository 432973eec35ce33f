"""A plan in words. The same plan always gives the same words; they come from ``wordings.yaml``."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from longweave.mase.dialogue.plan import Plan, Rule


def phrase(plan: Plan) -> str:
    """The question."""
    words = _wordings()
    medium = words["media"][plan.medium]
    rule = plan.rule or Rule(name="mention")
    speaker = plan.speaker or rule.speaker
    name = "mrcr" if plan.ask.startswith("mrcr") else plan.ask
    said: str = _pick(words["asks"][name], plan.phrasing).format(
        **medium,
        title=" ".join(plan.title.split()),
        rule=_say_rule(rule, plan),
        words=rule.words,
        ordinal=words["ordinals"].get(plan.ordinal, ""),
        speaker=say_speaker(speaker),
        replier=say_speaker(plan.replier),
        quote=plan.quote,
        prefix=plan.prefix,
    )
    return said[:1].upper() + said[1:] if said.startswith("the ") else said


def say_speaker(name: str) -> str:
    """How a speaker is called inside a sentence."""
    called: str = _wordings()["speakers"].get(name, name)
    return called


def spoken_ordinals() -> list[int]:
    """The ordinals that there are words for, those counted backwards among them."""
    return sorted(_wordings()["ordinals"])


def _say_rule(rule: Rule, plan: Plan) -> str:
    name = rule.name if rule.speaker else f"{rule.name}_by_any"
    options = _wordings()["rules"].get(name, [""])
    said: str = _pick(options, plan.phrasing // 3).format(
        turn=_wordings()["media"][plan.medium]["turn"],
        speaker=say_speaker(rule.speaker),
        words=rule.words,
    )
    return said


def _pick(options: list[Any], number: int) -> Any:
    return options[number % len(options)]


@cache
def _wordings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files(__package__) / "wordings.yaml").read_text("utf-8"))
    return loaded
