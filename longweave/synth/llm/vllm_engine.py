"""vLLM in this process, for a batch job on a GPU node: no port, no second service to look after.

``open_vllm`` builds the application that ``vllm serve`` would serve, around an engine that runs in processes
of its own. Requests reach it as function calls, so that schemas, several answers at once, reasoning and the
prefix cache are what they are at a vLLM server.
"""

import json
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import Any

from longweave.synth.errors import RunError, SettingsError

_WHERE = "endpoint vllm"
_SHUTDOWN_SECONDS = 10  # without any, vLLM kills its processes at once
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # we have threads, which a fork would not survive
}
_PARENT = "LONGWEAVE_ENGINE_PARENT"


@asynccontextmanager
async def open_vllm(model: str, options: Mapping[str, Any]) -> AsyncIterator[Any]:
    """The ASGI application of a vLLM engine that serves ``model`` until the end of the block.

    Starting takes a minute or so, in which the event loop stands still.

    Args:
        model: A folder, or a name in the local Hugging Face cache; requests name it so. ``options["model"]``
            may say where it is, if that is another name.
        options: Those of ``vllm serve``, with underscores: ``{"max_model_len": 32768, "reasoning_parser":
            "qwen3"}``. Prefix caching and the count of cached tokens are on.

    Raises:
        SettingsError: vLLM is not installed, or does not know an option.
        RunError: The engine does not start.
    """
    if find_spec("vllm") is None:
        raise SettingsError(
            "vLLM is not installed", where=_WHERE, fix="Run `pip install vllm`, or name the URL of a server."
        )
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    os.environ[_PARENT] = str(os.getpid())
    try:
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.entrypoints.launchers.api_server.app_state import init_app_state
        from vllm.entrypoints.launchers.api_server.entry import build_async_engine_client_from_engine_args
        from vllm.entrypoints.launchers.app import build_app
    except ImportError as error:
        raise SettingsError(
            f"this vLLM cannot be used: {error}",
            where=_WHERE,
            fix="Install vLLM 0.32, or name the URL of a server of any version.",
        ) from error

    arguments = _parse(model, options)
    async with AsyncExitStack() as stack:
        try:
            engine = await stack.enter_async_context(
                build_async_engine_client_from_engine_args(AsyncEngineArgs.from_cli_args(arguments))
            )
            tasks = await engine.get_supported_tasks()
            app = build_app(arguments, tasks, engine.model_config)
            await init_app_state(engine, app.state, arguments, tasks)
        except (OSError, RuntimeError, ValueError) as error:
            raise RunError(
                f"the engine did not start: {error}",
                where=_WHERE,
                fix="See its log above; options of `vllm serve` go into models.vllm.",
            ) from error
        yield app


def end_with_parent() -> None:
    """Called by vLLM in each of its processes, as the entry point ``vllm.general_plugins`` asks: an engine of
    ``open_vllm`` ends with us even if we are killed, where it would else keep the GPU's memory for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None and os.environ.get(_PARENT) == str(parent.pid):
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _parse(model: str, options: Mapping[str, Any]) -> Any:
    """The arguments of ``vllm serve``, read and checked by its own parser."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    def refuse(message: str) -> None:
        raise SettingsError(message, where="models.vllm", fix="See `vllm serve --help=all`.")

    parser = make_arg_parser(FlexibleArgumentParser())
    parser.error = refuse
    ours = {
        "model": model,
        "served_model_name": model,
        "enable_prefix_caching": True,
        "enable_prompt_tokens_details": True,
        "shutdown_timeout": _SHUTDOWN_SECONDS,
    }
    arguments = parser.parse_args(
        [word for name, value in {**ours, **options}.items() for word in _words(name, value)]
    )
    try:
        validate_parsed_serve_args(arguments)
    except (TypeError, ValueError) as error:
        refuse(str(error))
    arguments.api_key = [""]  # even if $VLLM_API_KEY asks servers for one: there is nobody to keep out
    return arguments


def _words(name: str, value: Any) -> Iterator[str]:
    """An option as it is written on a command line."""
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--no-{flag}"
    else:
        yield f"--{flag}"
        yield json.dumps(value) if isinstance(value, dict) else str(value)
