"""Which module a code document is, from its title ("httpx 0.28.1: httpx/_auth.py") alone: that is what a
prompt shows of it."""

import re

from longweave.kg.code.model import Place

_TITLE = re.compile(r"(?P<package>\S+) (?P<version>\d\S*): (?P<path>\S+\.py)")
_SOURCE_FOLDERS = ("src/", "lib/")


def find_place(title: str) -> Place | None:
    """The place that ``title`` names; None where it names no Python file of a package."""
    match = _TITLE.fullmatch(title.strip())
    if match is None:
        return None
    path = match["path"]
    inner = path
    for folder in _SOURCE_FOLDERS:
        inner = inner.removeprefix(folder)
    parts = inner.removesuffix(".py").split("/")
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    if not parts:
        return None
    return Place(match["package"], match["version"], path, ".".join(parts), is_package)
