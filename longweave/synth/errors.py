"""The few errors that reach a user: each says what is wrong, where, and what to do."""


class LongweaveError(Exception):
    """One clear line for the user: *what* happened, *where*, and *what to do* about it."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        line = what if not where else f"{where}: {what}"
        super().__init__(f"{line}. {fix}" if fix else line)


class SettingsError(LongweaveError):
    """A setting is unknown, malformed or contradicts another."""


class InputError(LongweaveError):
    """A file or document cannot be read."""


class RunError(LongweaveError):
    """The run directory cannot be used: not writable, other settings, books out of balance."""
