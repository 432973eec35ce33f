"""Run as a script by ``embedded``: llama.cpp with one GGUF model, OpenAI's HTTP interface on a loopback port.

``embedded_server.py MODEL NAME N_THREADS PARENT`` prints the server's address as soon as it answers, and ends
when the process PARENT is gone, however that ended. It stands alone, so that nothing else has to be imported.
"""

import os
import sys
import time
from contextlib import suppress

import xllamacpp

_N_PARALLEL = 4
_CONTEXT = 8192  # all that SmolLM2 was trained on; 0.9 GB with four of them
_PROMPT_CACHE_MIB = 512  # beside the slots' own; llama.cpp would take 8 GB
_SILENT = -1
_WATCH_SECONDS = 0.2


def main(model: str, name: str, n_threads: int, parent: int) -> None:
    """Serve the file ``model`` as ``name`` until ``parent`` is gone."""
    announcement = os.dup(1)
    os.dup2(2, 1)  # whatever llama.cpp prints is not the announcement
    server = _load(model, name, n_threads)
    with suppress(BrokenPipeError), os.fdopen(announcement, "w") as file:
        print(server.listening_address, file=file)
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(0)  # to delete the server would wait for the requests in flight


def _load(model: str, name: str, n_threads: int) -> "xllamacpp.Server":
    """The server, answering; until then the whole interpreter stands still."""
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {name}
    params.n_parallel = _N_PARALLEL
    params.n_ctx = _N_PARALLEL * _CONTEXT
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = n_threads
    params.verbosity = _SILENT
    params.ui = False
    params.offline = True
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
