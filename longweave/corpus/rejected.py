"""What reading gives for input that is no document: one line that says where and why."""

from dataclasses import dataclass
from typing import Literal

from longweave.synth.errors import InputError

RejectReason = Literal[
    "binary_file",
    "damaged_file",
    "decompression_bomb",
    "duplicate_id",
    "empty_file",
    "invalid_json",
    "invalid_unicode",
    "invalid_utf8",
    "missing_field",
    "no_text",
    "nul_character",
    "outside_folder",
    "reserved_marker",
    "too_large",
    "unknown_domain",
    "unreadable_file",
    "wrong_type",
]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One file or row that is no document. ``where`` names the file and, for a row, its line or row number
    from 1."""

    where: str
    reason: RejectReason
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}: {self.detail}"


class UnusableInput(InputError):
    """Raised inside the readers; it becomes a ``Rejected`` at the edge of a file or row."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: RejectReason = reason

    def at(self, where: str) -> Rejected:
        """The reject line for the file or row ``where``."""
        return Rejected(where, self.reason, self.what)
