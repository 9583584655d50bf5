"""A program in namespaces of its own (bubblewrap): no network, no other process, no file but what it is shown.

The root is read-only and empty but for the system's libraries and the interpreter; /tmp is its own and small. The
program runs as a user that owns nothing, in a user namespace of its own. Where we are root that is a real other user,
another one in each run: only so the limit of processes holds (RLIMIT_NPROC counts a user's, and never stops root,
whatever its name in a namespace), and root is needed before that to show an interpreter that the other user could not
reach. All of it ends with the program: the first process of a process namespace takes the others along.
"""

import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from migrations_app.sandbox.outcome import Ending, Limits, Outcome, SandboxMissing

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
_FIRST_USER, _USERS = 1_000_000_000, 1_000_000_000  # far from the users of any system
_READ_BYTES = 65_536
_SCRATCH = "/tmp"  # noqa: S108 - inside, where it belongs to nobody else
_MEGABYTE = 1024 * 1024


def run(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    shows: Mapping[Path, Path] | None = None,
    variables: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Run it to its end or to a limit. `shows` maps a path inside to the one outside that stands there, read-only.

    The running Python's own installation is shown where it is, so `sys.executable` works inside. Of the environment it
    gets nothing but `variables`. Raises SandboxMissing, and then nothing was run.
    """
    if why := why_not():
        raise SandboxMissing(f"{SandboxMissing().message} {why}")
    return _run(command, stdin, shows or {}, variables or {}, limits or Limits())


@cache
def why_not() -> str:
    """Why this machine cannot do it, for people; '' when it can. Found out by doing it, once a process."""
    for name in ("bwrap", "prlimit", "setpriv", "unshare"):
        if shutil.which(name) is None:
            return f"The command {name} is not there."
    try:
        tried = _run(["/usr/bin/env", "true"], b"", {}, {}, Limits(seconds=10))
    except OSError as error:
        return f"bwrap could not be started: {error}."
    said = tried.stderr.decode(errors="replace").strip()
    return "" if tried.succeeded else f"bwrap ended with {tried.ending} {tried.status}: {said}"


def _run(
    command: Sequence[str], stdin: bytes, shows: Mapping[Path, Path], variables: Mapping[str, str], limits: Limits
) -> Outcome:
    began = time.monotonic()
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 - that is what the sandbox is for
            [*_sandbox(shows, variables, limits), *command],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        with process:
            outputs, ending = _collected(process, began + limits.seconds, limits.output_bytes)
            if ending is not None:
                process.kill()  # bwrap dies, and with it its child, the first process of the namespace
            status = process.wait()
    if ending is None:
        # bwrap ends like a shell: 128 and the signal for a program that a signal ended.
        killed = status < 0 or status > 128
        ending = Ending.KILLED if killed else Ending.EXITED
        status = abs(status) if status < 0 else status - 128 if killed else status
    else:
        status = signal.SIGKILL
    return Outcome(ending, status, outputs[0], outputs[1], time.monotonic() - began)


def _collected(process: "subprocess.Popen[bytes]", deadline: float, most: int) -> tuple[list[bytes], Ending | None]:
    """Both outputs up to `most` bytes, and why it has to be ended; None when both were closed by themselves."""
    streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    outputs = [bytearray(), bytearray()]
    with selectors.DefaultSelector() as waiting:
        for number, stream in enumerate(streams):
            waiting.register(stream, selectors.EVENT_READ, number)
        while waiting.get_map():
            left = deadline - time.monotonic()
            ready = waiting.select(left) if left > 0 else []
            if not ready:
                return [bytes(one) for one in outputs], Ending.TIMED_OUT
            for key, _ in ready:
                part = os.read(key.fd, _READ_BYTES)
                room = most - len(outputs[key.data])
                outputs[key.data] += part[:room]
                if len(part) > room:
                    return [bytes(one) for one in outputs], Ending.TOO_MUCH_OUTPUT
                if not part:
                    waiting.unregister(key.fileobj)
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return [bytes(one) for one in outputs], Ending.TIMED_OUT
    return [bytes(one) for one in outputs], None


def _sandbox(shows: Mapping[Path, Path], variables: Mapping[str, str], limits: Limits) -> list[str]:
    """The words before the command."""
    walls = _walls(shows, variables, limits)
    if os.geteuid() != 0:
        return ["bwrap", "--unshare-all", *walls, "--", *_limited(limits)]
    user = str(_FIRST_USER + secrets.randbelow(_USERS))
    apart = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"]
    become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"]
    may = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return ["bwrap", *apart, *walls, *may, "--", *become, *_limited(limits), "unshare", "--user", "--"]


def _limited(limits: Limits) -> list[str]:
    return [
        "prlimit",
        f"--nproc={limits.processes}",
        f"--as={limits.memory_mb * _MEGABYTE}",
        f"--cpu={limits.cpu_seconds}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.scratch_mb * _MEGABYTE}",
        "--core=0",
        "--",
    ]


def _walls(shows: Mapping[Path, Path], variables: Mapping[str, str], limits: Limits) -> list[str]:
    words = ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for path in _SYSTEM:
        words += ["--ro-bind-try", path, path]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--perms", "1777", "--size", str(limits.scratch_mb * _MEGABYTE), "--tmpfs", _SCRATCH]
    # Behind it: what is shown may stand below /tmp.
    python = {Path(prefix): Path(prefix) for prefix in (sys.base_prefix, sys.prefix)}
    for inside, outside in {**python, **shows}.items():
        for folder in reversed(inside.parents[:-1]):
            if not folder.is_relative_to("/usr"):
                words += ["--perms", "0755", "--dir", str(folder)]  # by itself bwrap makes them for root alone
        words += ["--ro-bind", str(outside), str(inside)]
    words += ["--remount-ro", "/", "--chdir", _SCRATCH]
    for name, value in {"PATH": os.defpath, "HOME": _SCRATCH, "LC_ALL": "C.UTF-8", **variables}.items():
        words += ["--setenv", name, value]
    return words
