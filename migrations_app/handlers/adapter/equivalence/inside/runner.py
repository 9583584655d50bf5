"""The first process inside: it never imports the project, and starts a new process for each sequence of cases.

What it reads (standard input) is a job, what it says (standard output) are frames, both JSON: a line for each case as
it is done. Those who serve have a pipe of their own to here and no way to that output. Whatever one of them does, it
costs the case at which it was, which is said; the next one goes on behind it.
"""

import ctypes
import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from contextlib import suppress
from typing import Any

from .serving import serve

MOST_FRAME = 8_000_000
_CHANNEL = 100
_DUMPABLE, _SUBREAPER = 4, 36
_WRITTEN_TO = "It wrote into the channel of the comparison."


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    own = [one for one in sys.path if one and one not in job["hidden"]]
    sys.path[:] = own
    _control(_DUMPABLE, 0)  # nobody else may look into this process or write to its descriptors
    _control(_SUBREAPER, 1)
    for name in job["preload"]:
        _preload(name)
    sys.path[:] = [*job["paths"], *own, *job["last_paths"]]
    if Runs(job).all():
        say({"done": True})


def _preload(name: str) -> None:
    """As much of a dotted path as are modules of the interpreter's own environment; the project's are not found yet."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        try:
            importlib.import_module(".".join(parts[:count]))
        except BaseException:  # noqa: BLE001 - the adapter will meet it, and that is said
            return


def say(frame: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(frame).encode() + b"\n")
    sys.stdout.buffer.flush()


class Runs:
    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._ended: dict[int, dict[str, Any]] = {}
        self._endings = 0

    def all(self) -> bool:
        """Whether all were done; why not is said."""
        return all(self._run(one["name"], one["cases"], one["trace"]) for one in self._job["runs"])

    def _run(self, name: str, cases: list[int], traced: bool) -> bool:
        at = 0
        while at < len(cases):
            if cases[at] in self._ended:  # once is enough
                say({"run": name, "at": at, "seen": self._ended[cases[at]]})
                at += 1
                continue
            following = next((n for n in range(at, len(cases)) if cases[n] in self._ended), len(cases))
            process = Process(self._job, cases[at:following], traced)
            try:
                for frame in process.frames():
                    if "fatal" in frame:
                        say({"fatal": str(frame["fatal"])})
                        return False
                    if "ready" in frame or "reached" in frame:
                        say({"run": name, **frame})
                    else:
                        say({"run": name, "at": at, "seen": frame})
                        at += 1
            finally:
                process.end()
            if process.ending and not process.ready:
                say({"fatal": process.ending})
                return False
            if process.ending and at < following:
                seen = {"kind": "ended", "text": process.ending, "late": process.late}
                say({"run": name, "at": at, "seen": seen})
                self._ended[cases[at]] = seen
                self._endings += 1
                at += 1
                if self._endings >= self._job["patience"]:
                    say({"given_up": process.ending})
                    return False
        return True


class Process:
    """`ending` says, once the frames are over, why there are fewer than cases."""

    def __init__(self, job: dict[str, Any], cases: list[int], traced: bool) -> None:
        self.ready = False
        self.ending = ""
        self.late = False
        self._job = job
        self._left = len(cases)
        self._traced = traced
        self._token = os.urandom(16)
        self._channel, theirs = os.pipe()
        self._buffer = bytearray()
        self._status: int | None = None
        sys.stdout.flush()
        self._pid = os.fork()
        if self._pid == 0:
            _become_server(job, cases, traced, theirs, self._token)
        os.close(theirs)

    def frames(self) -> "Any":
        """In the order of the cases; whatever else comes is the end of it."""
        while self._left or (self._traced and not self.ending):
            frame = self._next(self._job["case_seconds"] if self.ready else self._job["import_seconds"])
            if frame is None:
                return
            if not self.ready:
                if not ({"ready", "fatal"} & set(frame)):
                    self.ending = _WRITTEN_TO
                    return
                self.ready = "ready" in frame
                yield frame
                if "fatal" in frame:
                    return
            elif self._left and frame.get("kind") in ("answer", "raised", "ended"):
                self._left -= 1
                yield frame
            elif not self._left and "reached" in frame:
                yield frame
                return
            else:
                self.ending = _WRITTEN_TO
                return

    def _next(self, seconds: float) -> dict[str, Any] | None:
        deadline = time.monotonic() + seconds
        while True:
            head = len(self._token) + 4
            if len(self._buffer) >= head:
                (length,) = struct.unpack("!I", self._buffer[head - 4 : head])
                if self._buffer[: head - 4] != self._token or length > MOST_FRAME:
                    self.ending = _WRITTEN_TO
                    return None
                if len(self._buffer) >= head + length:
                    payload = bytes(self._buffer[head : head + length])
                    del self._buffer[: head + length]
                    return self._read(payload)
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._channel], [], [], left)[0]:
                self.ending, self.late = f"It did not come to an end in {seconds:g} seconds.", True
                return None
            part = os.read(self._channel, 65_536)
            if not part:
                self._reap(max(left, 0.1))
                return None
            self._buffer += part

    def _read(self, payload: bytes) -> dict[str, Any] | None:
        try:
            frame = json.loads(payload)
        except (ValueError, RecursionError):
            frame = None
        if isinstance(frame, dict):
            return frame
        self.ending = _WRITTEN_TO
        return None

    def _reap(self, seconds: float) -> None:
        """Its end of the channel is closed: it has ended, or it goes on with the descriptor closed."""
        if self._buffer:
            self.ending = _WRITTEN_TO
            return
        deadline = time.monotonic() + min(seconds, 1.0)
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
                self.ending = _how(status)
                return
            time.sleep(0.005)
        self.ending = "It closed the channel of the comparison."

    def end(self) -> None:
        """The process and all that it left behind."""
        os.close(self._channel)
        if self._status is None:
            _signal(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        _end_all()


def _become_server(job: dict[str, Any], cases: list[int], traced: bool, channel: int, token: bytes) -> None:
    """Never returns."""
    status = 70
    try:
        os.setsid()
        os.dup2(channel, _CHANNEL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        os.closerange(3, _CHANNEL)
        os.closerange(_CHANNEL + 1, most)
        _control(_DUMPABLE, 1)

        def emit(frame: dict[str, Any]) -> None:
            payload = json.dumps(frame).encode()
            content = token + struct.pack("!I", len(payload)) + payload
            while content:
                content = content[os.write(_CHANNEL, content) :]

        serve(job, cases, traced, emit)
        status = 0
    finally:
        os._exit(status)


def _control(option: int, value: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"It was ended by the signal {signal.Signals(os.WTERMSIG(status)).name}."
    if os.WEXITSTATUS(status) == 70:
        return "It could not say its answer: the channel of the comparison was closed, or memory had run out."
    return f"It ended its process, with the status {os.WEXITSTATUS(status)}."


def _end_all() -> None:
    """Everything that this process is an ancestor of. First they are stopped: who is killed makes room for the next
    child of who is not, and who stands still has none."""
    stopped: set[int] = set()
    while more := _descendants() - stopped:
        for pid in more:
            _signal(pid, signal.SIGSTOP)
        stopped |= more
    for pid in stopped:
        _signal(pid, signal.SIGKILL)
    for _ in range(len(stopped)):
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _descendants() -> set[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as source:
                    parents[int(name)] = int(source.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        above = waiting.pop()
        children = [pid for pid, parent in parents.items() if parent == above and pid not in found]
        found.update(children)
        waiting += children
    return found
