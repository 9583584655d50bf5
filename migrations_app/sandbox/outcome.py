"""What a sandboxed program may use, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum

from migrations_app.engine.errors import DependencyUnavailable


class SandboxMissing(DependencyUnavailable):
    """This machine cannot put a program into a sandbox, so nothing was run."""

    code = "sandbox_missing"
    retryable = False
    recovery_actions = (
        "Install bubblewrap (the command bwrap) on the worker's machine.",
        "Allow unprivileged user namespaces there.",
    )


class Ending(StrEnum):
    """EXITED: by itself, with the status. KILLED: by a signal, its own or the kernel's for a limit. TIMED_OUT and
    TOO_MUCH_OUTPUT: we ended it, and everything that it had started."""

    EXITED = "exited"
    KILLED = "killed"
    TIMED_OUT = "timed_out"
    TOO_MUCH_OUTPUT = "too_much_output"


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` by the clock for all together; `memory_mb` of addresses and `cpu_seconds` for each of `processes`;
    `scratch_mb` for /tmp, the only place that can be written to; `output_bytes` for each of both outputs."""

    seconds: float = 10.0
    cpu_seconds: int = 10
    memory_mb: int = 1024
    processes: int = 32
    open_files: int = 256
    scratch_mb: int = 64
    output_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` is the exit status or, when it was killed, the signal. Outputs end at their limit."""

    ending: Ending
    status: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def succeeded(self) -> bool:
        return self.ending is Ending.EXITED and self.status == 0
