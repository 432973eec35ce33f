"""``python -m tests.model_server [SETTINGS] [--port PORT]``: serve until stdin ends; SETTINGS is JSON."""

import argparse

from tests.model_server.running import run_until_orphaned
from tests.model_server.settings import ServerSettings

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.model_server", description=__doc__)
    parser.add_argument("settings", nargs="?", default="{}")
    parser.add_argument("--port", type=int, default=0, help="0: any")
    chosen = parser.parse_args()
    run_until_orphaned(ServerSettings.model_validate_json(chosen.settings), chosen.port)
