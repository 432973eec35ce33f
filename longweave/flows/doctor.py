"""``longweave doctor``: what a run would meet, looked at before it begins; nothing is left behind.

In: settings and the place of the run. Out: ``Finding``s, one after the other: about the run as such, and
about every endpoint of the roles that it asks or that are set by name.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from longweave.flows.corpus_step import plan_sources
from longweave.flows.models import store_path
from longweave.flows.opened import open_tokenizer
from longweave.flows.settings import MAKER_NAMES, RunSettings
from longweave.synth.errors import LongweaveError
from longweave.synth.files import local_path
from longweave.synth.llm.answer_files import fingerprint_file
from longweave.synth.llm.backends import open_backend
from longweave.synth.llm.doctor import Check, Verdict
from longweave.synth.llm.examine import examine_endpoint
from longweave.synth.llm.settings import ROLES, ModelSettings, Role, RoleModel
from longweave.synth.llm.store_schema import open_database
from longweave.synth.tokens import Tokenizer

_RUN = "run"
_GIGABYTE = 10**9
_LEAST_FREE = _GIGABYTE // 5
_GROWTH = 5
_STYLES: dict[Verdict, str] = {"ok": "green", "warning": "yellow", "failed": "bold red"}
_READS_CONTEXTS: tuple[Role, ...] = ("solver", "verifier")
_JUDGE_INSTRUCTION = 500
_MASE_INSTRUCTION = 3_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about ``subject``: the run, or roles at an endpoint."""

    subject: str
    check: Check


def diagnose(settings: RunSettings, out: str, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Look at everything that the run in ``out`` with ``settings`` needs.

    Args:
        settings: Its settings.
        out: Its place, which need not exist.
        tell: Is told what is being looked at, since servers may let us wait.
    """
    tokenizer: Tokenizer | None = None
    try:
        tokenizer = open_tokenizer(settings.tokenizer)
        yield Finding(_RUN, Check("tokenizer", "ok", tokenizer.name))
    except LongweaveError as error:
        yield Finding(_RUN, _failed("tokenizer", error))
    roles, unusable = _choose_roles(settings)
    for check in (*_check_disk(settings, out), _check_answers(settings.models, out), *unusable):
        yield Finding(_RUN, check)
    for name in sorted({model.model for model in roles.values()}):
        yield Finding(_RUN, _tell_price(name, settings.models))
    if settings.models.answers.mode == "replay":
        yield Finding(_RUN, Check("endpoints", "ok", "replay: no server is asked"))
        return
    for endpoint, names in _group_endpoints(roles):
        tell(f"asking {endpoint}")
        prompt_tokens = max(_prompt_tokens(name, settings) for name in names)
        role = roles[names[0]]
        examined = _examine(endpoint, names[0], role, settings.models.vllm, tokenizer, prompt_tokens)
        for check in asyncio.run(examined):
            yield Finding(f"{', '.join(names)} at {endpoint}", check)


def findings_table(findings: Iterable[Finding]) -> Table:
    """A line for each finding; whatever a server wrote is shown as it is."""
    table = Table(title_justify="left")
    for name in ("", "check", "", "seen", "what to do"):
        table.add_column(name, overflow="fold")
    last = ""
    for subject, check in ((finding.subject, finding.check) for finding in findings):
        if last and subject != last:
            table.add_section()
        table.add_row(
            Text("" if subject == last else subject),
            check.what,
            Text(check.verdict, style=_STYLES[check.verdict]),
            Text(check.seen),
            Text(check.fix),
        )
        last = subject
    return table


def check_space(free: int, sources: int) -> Check:
    """Whether ``free`` bytes will do for a run over ``sources`` bytes of documents."""
    likely = _LEAST_FREE + _GROWTH * sources
    seen = f"{free / _GIGABYTE:,.1f} GB free; the run may take {likely / _GIGABYTE:,.1f}"
    if free < _LEAST_FREE:
        return Check("disk", "failed", seen, "Free some space, or choose another --out.")
    if free < likely:
        return Check("disk", "warning", seen, "Free some space, or choose another --out.")
    return Check("disk", "ok", seen)


async def _examine(
    endpoint: str,
    role: Role,
    model: RoleModel,
    vllm: Mapping[str, Any],
    tokenizer: Tokenizer | None,
    prompt_tokens: int,
) -> list[Check]:
    try:
        async with open_backend(endpoint, model.model, vllm) as backend:
            return await examine_endpoint(endpoint, role, model, backend, tokenizer, prompt_tokens)
    except LongweaveError as error:
        return [_failed("starts", error)]


def _check_disk(settings: RunSettings, out: str) -> Iterator[Check]:
    sizes: list[int] = []
    try:
        sizes = [size for shard in plan_sources(settings).values() for size in shard.sizes]
        yield Check("sources", "ok", f"{len(sizes):,} files, {sum(sizes) / _GIGABYTE:,.3f} GB")
    except LongweaveError as error:
        yield _failed("sources", error)
    place = local_path(out)
    if place is None:
        yield Check("disk", "ok", "the run is not on this machine's disk: not looked at")
        return
    folder = _existing(Path(place))
    if not os.access(folder, os.W_OK):
        yield Check("disk", "failed", f"{folder} is not writable", "Choose another --out.")
        return
    yield check_space(shutil.disk_usage(folder).free, sum(sizes))


def _check_answers(models: ModelSettings, out: str) -> Check:
    try:
        for path in models.answers.files:
            fingerprint_file(path)
        if models.answers.mode == "off":
            return Check("answers", "ok", "off: none is kept, each is paid for again")
        path = store_path(models, out)
        if Path(path).exists():
            open_database(path).close()
            return Check("answers", "ok", f"{path} opens")
    except LongweaveError as error:
        return _failed("answers", error)
    folder = _existing(Path(path).parent)
    if not os.access(folder, os.W_OK):
        return Check(
            "answers", "failed", f"{folder} is not writable", "Set models.answers.store to a file elsewhere."
        )
    return Check("answers", "ok", f"{path} can be made")


def _choose_roles(settings: RunSettings) -> tuple[dict[Role, RoleModel], list[Check]]:
    """The roles that are worth a look, and what is wrong with others; all where none is named or asked."""
    models = settings.models
    configured = models.configured()
    chosen = [role for role in _named_roles(settings) if role in configured] or configured
    roles: dict[Role, RoleModel] = {}
    checks: list[Check] = []
    for role in dict.fromkeys([*settings.asked_roles(), *chosen]):
        try:
            roles[role] = models.role(role)
        except LongweaveError as error:
            checks.append(_failed("models", error))
    if not roles and not checks:
        checks.append(Check("models", "ok", "no role has a model, and none is asked"))
    return roles, checks


def _named_roles(settings: RunSettings) -> list[Role]:
    """Roles that the run asks, or whose settings somebody wrote."""
    asked = settings.asked_roles()
    return [role for role in ROLES if role in asked or role in settings.models.roles]


def _tell_price(model: str, models: ModelSettings) -> Check:
    price = models.prices.get(model)
    if price is None:
        return Check("price", "ok", f"{model}: not known, so tokens are counted and money is not")
    return Check("price", "ok", f"{model}: {price.input:g} in, {price.output:g} out for a million tokens")


def _group_endpoints(roles: Mapping[Role, RoleModel]) -> list[tuple[str, list[Role]]]:
    """Every endpoint with the roles that ask it in the same way."""
    groups: dict[tuple[str, str], list[Role]] = {}
    for role, model in roles.items():
        for endpoint in model.endpoints:
            groups.setdefault((endpoint, model.model_dump_json()), []).append(role)
    return [(endpoint, names) for (endpoint, _), names in groups.items()]


def _prompt_tokens(role: Role, settings: RunSettings) -> int:
    """The longest prompt of ``role``, by the run's tokenizer; 0 where that depends on what is found."""
    if role not in _named_roles(settings):
        return 0
    if role == "judge" and settings.corpus.judge is not None:
        return settings.corpus.judge.max_tokens + _JUDGE_INSTRUCTION
    shown = 0
    if settings.mase is not None and role in ("proposer", "solver"):
        besides = settings.mase.distractor_tokens if role == "solver" else 0
        shown = settings.mase.cluster_tokens + besides + _MASE_INSTRUCTION
    if role not in _READS_CONTEXTS:
        return shown
    return max(shown, *(target for maker in MAKER_NAMES for target in settings.context.targets_of(maker)))


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _failed(what: str, error: LongweaveError) -> Check:
    seen = f"{error.where}: {error.what}" if error.where else error.what
    return Check(what, "failed", seen, error.fix)
