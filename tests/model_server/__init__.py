"""The project's one scripted model server: it speaks the OpenAI protocol over a real loopback socket.

``serve(settings, script)`` runs it in a thread, ``ServerProcess(settings)`` in a process that can be killed
and restarted on its port. Answers are invented from the request and fit its schema, or come from a script.
Faults follow from a seed. It tells how busy it was (``stats``) and what it was asked (``requests``)::

    with serve(ServerSettings(slots=4, faults=Faults(failed=0.1))) as server:
        ...  # ask server.url
        assert server.stats().outcomes["failed"] == 3
"""

from tests.model_server.answers import Script, invent_answers
from tests.model_server.running import RunningServer, ServerProcess, serve
from tests.model_server.settings import Asked, Faults, ServerSettings, Stats

__all__ = [
    "Asked",
    "Faults",
    "RunningServer",
    "Script",
    "ServerProcess",
    "ServerSettings",
    "Stats",
    "invent_answers",
    "serve",
]
