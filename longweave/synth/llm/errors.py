"""What can go wrong when a model is asked."""

from longweave.synth.errors import InputError, RunError


class EndpointError(RunError):
    """An endpoint cannot be used: wrong key, unknown model, gone for too long. The run ends and can go on."""


class BudgetError(RunError):
    """The next request could exceed the budget. The run ends and can go on with a larger one."""


class MissingAnswerError(RunError):
    """An answer is not among the recorded ones, and no server may be asked."""


class AnswerError(InputError):
    """No usable answer for one record, which is rejected for ``reason``; ``raw`` is what the model wrote."""

    def __init__(self, what: str, *, reason: str, raw: str = "", where: str = "", fix: str = "") -> None:
        self.reason, self.raw = reason, raw
        super().__init__(what, where=where, fix=fix)
