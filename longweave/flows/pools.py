"""The pool of each split: built once from its documents, and opened by whoever needs it."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from longweave.flows.corpus_step import document_paths, identify_documents
from longweave.flows.opened import open_once, open_tokenizer
from longweave.flows.tables_step import read_splits
from longweave.synth.documents import read_stored
from longweave.synth.files import guard_writes, local_path
from longweave.synth.lock import LOCK_FILE, wait_for_lock
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import canonical_json
from longweave.synth.splits import Split

_POOLS = "samples/pools"
_COMPLETE = "complete"


@open_once
def open_split_pool(run: str, split: Split, tokenizer: str) -> DistractorPool:
    """The pool of ``split``, built where it is missing."""
    return open_pool(make_pool(run, split, tokenizer), open_tokenizer(tokenizer))


def make_pool(run: str, split: Split, tokenizer: str) -> Path:
    """The folder of the pool of ``split``, built where it is missing: when the step begins, and again on
    every other machine that makes shards of a run which is not on its disk.

    Raises:
        RunError: It cannot be written.
    """
    folder = _pool_folder(run, split)
    with guard_writes(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        with wait_for_lock(folder / LOCK_FILE):
            if not (folder / _COMPLETE).exists():
                if local_path(run) is None:
                    _remove_older(folder.parent)
                splits = read_splits(run)
                stored = (pair for path in document_paths(run) for pair in read_stored(path))
                own = (pair for pair in stored if splits[pair[0].doc_id] == split)
                build_pool(own, open_tokenizer(tokenizer), folder)
                (folder / _COMPLETE).touch()
    return folder


def _pool_folder(run: str, split: Split) -> Path:
    """Pools are mapped into memory, so that of a run elsewhere is kept on this machine's disk, under a name
    that another run at the same place does not have."""
    local = local_path(run)
    if local is not None:
        return Path(local, _POOLS, split)
    identity = identify_documents(run) + canonical_json(read_splits(run))
    return Path(tempfile.gettempdir(), "longweave", _hash(run), _hash(identity), split)


def _remove_older(pools: Path) -> None:
    """Remove what earlier runs at the same place left beside ``pools``."""
    for folder in pools.parent.iterdir():
        if folder != pools:
            shutil.rmtree(folder, ignore_errors=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
