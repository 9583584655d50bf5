"""Exit statuses of the console script; they are a contract with scripts (`snakeweb --help` prints them)."""

from enum import IntEnum


class Exit(IntEnum):
    OK = 0  # done; for `watch`: the run succeeded, or was rolled back when it was a rollback
    FAILED = 1  # the run failed, was cancelled or rolled back, or needs a person
    USAGE = 2  # wrong arguments, or no address or token
    REFUSED = 3  # Snakeweb refused: not signed in, not allowed, not found, not possible
    UNREACHABLE = 4  # no answer from Snakeweb
    INTERRUPTED = 130  # Ctrl-C; the run goes on


class CommandFailed(Exception):
    """Ends the command. The message goes to standard error."""

    def __init__(self, status: Exit, message: str) -> None:
        super().__init__(message)
        self.status = status
