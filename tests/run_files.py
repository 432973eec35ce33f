"""What of a run directory is compared: everything but hidden files, the seconds in ``funnel.json``, and in
``run.json`` the settings that cannot change what is made."""

import json
from pathlib import Path


def read_data_files(run: Path) -> dict[str, bytes]:
    """Bytes of every file that must not differ between two runs with the same settings, by its path."""
    files = {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    funnel = json.loads(files.pop("funnel.json"))
    book = json.loads(files.pop("run.json"))
    del book["settings"]["execution"]
    return files | {
        "funnel.json": json.dumps(funnel["stages"]).encode(),
        "run.json": json.dumps(book).encode(),
    }


def identify_shards(run: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of writing of every finished shard, by its path: both change when it is made again."""
    return {
        path.relative_to(run).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(run.rglob("*.parquet"))
    }
