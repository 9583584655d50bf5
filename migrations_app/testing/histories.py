"""What clients did and saw, as JSON lines: one file per process, written as it happens, read and merged afterwards.

Times are nanoseconds of CLOCK_MONOTONIC, which all processes of one machine share. A process may be killed at any
instant: an operation without an end has an unknown outcome, and a last line that is torn is left out.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import IO, Any, Self


class Action(StrEnum):
    GET = "get"
    SET = "set"
    TOUCH = "touch"  # moves the deadline, the value stays
    DELETE = "delete"
    UPDATE = "update"  # a set on condition that the value is `expected`


class Outcome(StrEnum):
    OK = "ok"
    FAIL = "fail"  # refused: it has had no effect and never will
    UNKNOWN = "unknown"  # it may take effect at any time after its invocation, or never


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of one process on one session.

    `value`: what a set or an update wrote, or what a get saw (None: no session). `found`: whether a touch or delete
    met a session (None: not said). `deadline_ns`: the absolute deadline that a set, update or touch gave, on the
    clock of the times (None: none, or not recorded). `returned_at_ns` None: it never returned.
    """

    process: str
    session: str
    action: Action
    value: str | None
    invoked_at_ns: int
    returned_at_ns: int | None
    outcome: Outcome
    expected: str | None = None
    found: bool | None = None
    deadline_ns: int | None = None


@dataclass(slots=True)
class Call:
    """An operation under way: what the caller learns goes here, before the `with` block ends."""

    value: str | None = None
    found: bool | None = None
    deadline_ns: int | None = None
    outcome: Outcome = Outcome.UNKNOWN

    def succeeded(self, value: str | None = None, *, found: bool | None = None, deadline_ns: int | None = None) -> None:
        """`value` is what a get has seen; what a write wrote is known already."""
        self.outcome, self.found = Outcome.OK, found
        self.value = value if value is not None else self.value
        self.deadline_ns = deadline_ns if deadline_ns is not None else self.deadline_ns

    def refused(self) -> None:
        self.outcome = Outcome.FAIL


class HistoryWriter:
    """Appends to one file of one process. Each line is one write to the kernel, which a SIGKILL does not undo.

    Not thread-safe: one writer (and one `process` name) per thread.
    """

    def __init__(self, path: Path, process: str) -> None:
        self._process = process
        _drop_torn_line(path)
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._numbers = count(1)
        # Two lives of one process name in one file keep their calls apart.
        self._life = f"{os.getpid()}.{time.monotonic_ns()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def call(
        self,
        action: Action,
        session: str,
        value: str | None = None,
        *,
        expected: str | None = None,
        deadline_ns: int | None = None,
    ) -> Iterator[Call]:
        """Record around the call itself. Whatever the block does not say succeeded or was refused stays unknown; an
        error passes through."""
        number = f"{self._life}.{next(self._numbers)}"
        call = Call(value=value, deadline_ns=deadline_ns)
        self._write(
            {
                "call": number,
                "process": self._process,
                "session": session,
                "action": action,
                "value": value,
                "expected": expected,
                "deadline_ns": deadline_ns,
                "at_ns": time.monotonic_ns(),
            }
        )
        try:
            yield call
        finally:
            self._write(
                {
                    "end": number,
                    "value": call.value,
                    "found": call.found,
                    "deadline_ns": call.deadline_ns,
                    "outcome": call.outcome,
                    "at_ns": time.monotonic_ns(),
                }
            )

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def _drop_torn_line(path: Path) -> None:
    """What a killed process left half written goes, so that its next life starts on a line of its own."""
    if path.exists() and not (there := path.read_bytes()).endswith(b"\n"):
        os.truncate(path, there.rfind(b"\n") + 1)


@dataclass(slots=True)
class _Open:
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: list[Operation] = field(default_factory=list)

    def take(self, line: dict[str, Any]) -> None:
        if "call" in line:
            self.calls[line["call"]] = line
        else:
            self.done.append(_operation(self.calls.pop(line["end"]), line))


def read_history(path: Path) -> list[Operation]:
    """The operations of one file, by their invocation. Raises ValueError for a broken line that is not the last."""
    lines = path.read_bytes().split(b"\n")
    found = _Open()
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            parsed = json.loads(line)
        except ValueError:
            if number == len(lines):  # no newline behind it: the process was killed while writing
                continue
            raise ValueError(f"line {number} of {path.name} is no JSON") from None
        found.take(parsed)
    found.done += [_operation(call, None) for call in found.calls.values()]
    return sorted(found.done, key=_invoked)


def merge(histories: Iterable[Iterable[Operation]]) -> list[Operation]:
    """All operations, by their invocation."""
    return sorted((operation for history in histories for operation in history), key=_invoked)


def read_histories(paths: Iterable[Path]) -> list[Operation]:
    return merge(read_history(path) for path in paths)


def by_session(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Each session's operations, by their invocation."""
    sessions: dict[str, list[Operation]] = {}
    for operation in operations:
        sessions.setdefault(operation.session, []).append(operation)
    for each in sessions.values():
        each.sort(key=_invoked)
    return sessions


def _invoked(operation: Operation) -> int:
    return operation.invoked_at_ns


def _operation(call: dict[str, Any], end: dict[str, Any] | None) -> Operation:
    last = end or call
    return Operation(
        process=call["process"],
        session=call["session"],
        action=Action(call["action"]),
        value=last["value"],
        invoked_at_ns=call["at_ns"],
        returned_at_ns=end["at_ns"] if end else None,
        outcome=Outcome(end["outcome"]) if end else Outcome.UNKNOWN,
        expected=call["expected"],
        found=end["found"] if end else None,
        deadline_ns=last["deadline_ns"],
    )
