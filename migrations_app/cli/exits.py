"""Exit statuses of the console script, a contract with scripts: the one table, which `snakeweb --help` shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """`says` is for people; the numbers never change their meaning."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    INVALID = 5
    RISK = 6
    TIMED_OUT = 7
    SIGN_IN = 8
    BROKE_OFF = 9
    INTERRUPTED = 130

    @property
    def says(self) -> str:
        return _SAYS[self]


_SAYS = {
    Exit.OK: "done; of a run that was followed: it succeeded, or is rolled back where that was wanted",
    Exit.FAILED: "the run failed, was cancelled or rolled back, or needs a person; the review was declined or ended; "
    "an export is damaged",
    Exit.USAGE: "wrong arguments, a file that cannot be read, or no token",
    Exit.REFUSED: "Snakeweb refused: the token is not known, it is not allowed, not there, or not possible now",
    Exit.UNREACHABLE: "Snakeweb does not answer",
    Exit.INVALID: "what was given cannot be used: each problem is named with its field and a fix",
    Exit.RISK: "the plan could be made, and its risk is what --fail-on names",
    Exit.TIMED_OUT: "--timeout is over; what was waited for goes on",
    Exit.SIGN_IN: "a person has to sign in, or what they typed was not right; a token is not enough",
    Exit.BROKE_OFF: "the command itself broke off (its own fault, a full disk); what it asked for may be done",
    Exit.INTERRUPTED: "interrupted; what runs goes on",
}


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """What is wrong with one value: `field` as the document names it, '' where it is about the whole."""

    field: str
    message: str
    fix: str


class CommandFailed(Exception):
    """Ends the command. The message goes to standard error; `again_after` in seconds where the server said so, and
    `code` as it names the problem."""

    def __init__(
        self,
        status: Exit,
        message: str,
        *,
        code: str = "",
        again_after: float | None = None,
        problems: Sequence[ProblemLine] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.again_after = again_after
        self.problems = tuple(problems)


def table() -> str:
    """For `--help`."""
    return "\n".join(f"  {status.value:<4} {status.says}" for status in Exit)
