"""Named points where tests stop a driver dead (dbos' debug triggers are the model). No-ops otherwise.

`SNAKEWEB_CRASH_AT="name[:nth][:action[:argument]]"` arms one point, `;` separates several. Actions: `exit` (the
default, status 137 as after SIGKILL), `stop` (SIGSTOP), `raise` (a `Crash`, for tests in one process) and
`wait:<path>` (write the process id to `<path>.reached`, then block until `<path>` exists). `nth` counts from 1.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "SNAKEWEB_CRASH_AT"
_PRODUCTION = "SNAKEWEB_ALLOWED_HOSTS"
_ACTIONS = ("exit", "stop", "raise", "wait")
_LOOK_AGAIN_SECONDS = 0.02
_NEVER = sys.maxsize


class Crash(BaseException):
    """The driver dies here; passes through every `except Exception`."""


class CrashPointsRefused(RuntimeError):
    """Crash points are for tests; this looks like production."""


@dataclass
class _Point:
    left: int
    action: str
    argument: str


def _parse(text: str) -> dict[str, _Point]:
    points = {}
    for part in filter(None, text.split(";")):
        name, *rest = part.split(":")
        nth = int(rest.pop(0)) if rest and rest[0].isdigit() else 1
        action = rest.pop(0) if rest else "exit"
        if action not in _ACTIONS or nth < 1:
            raise ValueError(f"{VARIABLE}: “{part}” is not name[:nth][:exit|stop|raise|wait:<path>]")
        points[name] = _Point(nth, action, ":".join(rest))
    return points


def from_environment(environment: Mapping[str, str]) -> dict[str, _Point]:
    """What the environment arms. Raises CrashPointsRefused beside `SNAKEWEB_ALLOWED_HOSTS`."""
    text = environment.get(VARIABLE, "")
    if text and environment.get(_PRODUCTION):
        raise CrashPointsRefused(f"{VARIABLE} is for tests and is refused while {_PRODUCTION} is set.")
    return _parse(text)


_armed = from_environment(os.environ)


def reach(name: str) -> None:
    """Pass a named point; does what it is armed for, at its nth passing."""
    if not _armed:
        return
    point = _armed.get(name)
    if point is None:
        return
    point.left -= 1
    if point.left == 0:
        _act(name, point)


@contextlib.contextmanager
def armed(text: str) -> Iterator[None]:
    """Arm points within one process. Raises CrashPointsRefused in production."""
    before = dict(_armed)
    _armed.clear()
    _armed.update(from_environment({**os.environ, VARIABLE: text}))
    try:
        yield
    finally:
        _armed.clear()
        _armed.update(before)


@contextlib.contextmanager
def counted(*names: str) -> Iterator[Callable[[str], int]]:
    """Let points pass, and say within it how often each was passed; others that are armed are not meanwhile."""
    with armed(";".join(f"{name}:{_NEVER}:raise" for name in names)):
        yield lambda name: _NEVER - _armed[name].left


def _act(name: str, point: _Point) -> None:
    if point.action == "raise":
        raise Crash(name)
    if point.action == "wait":
        Path(f"{point.argument}.reached").write_text(str(os.getpid()))
        while not Path(point.argument).exists():
            time.sleep(_LOOK_AGAIN_SECONDS)
        return
    if point.action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    os._exit(137)
