"""The exceptions: one code each, and the built-in class that fits beside it."""

from __future__ import annotations

from seafoam._words import ErrorCode


class SeafoamError(Exception):
    """A call that failed: `code` to branch on, `message` for people.

    The message says what happened, to what, and what is accepted instead. Unless a call documents
    otherwise, nothing has changed when it raises.
    """

    # Set by the native module, which runs no Python code to make an exception: hence no __init__.
    code: ErrorCode = ErrorCode.INTERNAL

    @property
    def message(self) -> str:
        """The sentence, without the code."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        """Return the code's word and the message."""
        return f"{self.code}: {self.message}"


class SeafoamTimeoutError(SeafoamError, TimeoutError):
    """A deadline passed before the condition was met (`timeout`)."""

    code = ErrorCode.TIMEOUT


class SeafoamValueError(SeafoamError, ValueError):
    """A value was refused (`invalid_config`, `invalid_address`, `payload_too_large`, `bad_key`)."""


class SeafoamLookupError(SeafoamError, LookupError):
    """No such node is in the table (`unknown_node`)."""


class LeadershipLost(SeafoamError):  # noqa: N818 - what happened, and no mistake of anybody
    """The lead was lost inside of `async with cluster.leadership():` (`not_leader`)."""

    code = ErrorCode.NOT_LEADER

    def __init__(self, term: int) -> None:
        """Say which tenure it was."""
        super().__init__(f"the lead of term {term} was lost")
        self.term = term

    def __reduce__(self) -> tuple[type[LeadershipLost], tuple[int]]:
        """Travel between processes by the term."""
        return (LeadershipLost, (self.term,))


_CLASSES: dict[ErrorCode, type[SeafoamError]] = {
    ErrorCode.TIMEOUT: SeafoamTimeoutError,
    ErrorCode.INVALID_CONFIG: SeafoamValueError,
    ErrorCode.INVALID_ADDRESS: SeafoamValueError,
    ErrorCode.PAYLOAD_TOO_LARGE: SeafoamValueError,
    ErrorCode.BAD_KEY: SeafoamValueError,
    ErrorCode.UNKNOWN_NODE: SeafoamLookupError,
}

EXCEPTIONS: dict[int, type[SeafoamError]] = {
    int(code): _CLASSES.get(code, SeafoamError) for code in ErrorCode
}
"""The class of every code."""
