"""Hostile programs, really run. Where there is no sandbox, nothing may run: that is a test of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from migrations_app.sandbox import Ending, Limits, SandboxMissing, bubblewrap, run, why_not

needs_sandbox = pytest.mark.skipif(why_not() != "", reason=f"this machine has no sandbox: {why_not()}")


def python(code: str, *, stdin: bytes = b"", shows=None, variables=None, limits: Limits | None = None):
    return run([sys.executable, "-c", code], stdin=stdin, shows=shows, variables=variables, limits=limits)


def left_of(mark: str) -> list[psutil.Process]:
    """Processes with the mark in their command, once the kernel has had time: it ends a namespace's after its first."""
    marked = [one for one in psutil.process_iter(["cmdline"]) if mark in " ".join(one.info["cmdline"] or ())]
    return psutil.wait_procs(marked, timeout=10)[1]


@needs_sandbox
def test_what_it_reads_says_and_returns():
    outcome = python(
        "import sys; print(sys.stdin.read()[::-1]); print('no', file=sys.stderr); sys.exit(3)", stdin=b"abc"
    )

    assert (outcome.ending, outcome.status, outcome.succeeded) == (Ending.EXITED, 3, False)
    assert (outcome.stdout, outcome.stderr) == (b"cba\n", b"no\n")


@needs_sandbox
def test_a_program_that_a_signal_ended():
    outcome = python("import os; os.abort()")

    assert (outcome.ending, outcome.status) == (Ending.KILLED, signal.SIGABRT)


@needs_sandbox
def test_a_loop_without_an_end_is_ended():
    code = "import time\nprint('began', flush=True)\nwhile True: time.sleep(1)"
    outcome = python(code, limits=Limits(seconds=5))  # so that it begins, on a machine with much to do too

    assert (outcome.ending, outcome.stdout) == (Ending.TIMED_OUT, b"began\n")


@needs_sandbox
def test_a_loop_ends_at_its_limit_of_processor_time():
    outcome = python("while True: pass", limits=Limits(seconds=60, cpu_seconds=1))

    assert (outcome.ending, outcome.status) == (Ending.KILLED, signal.SIGKILL)


@needs_sandbox
def test_a_program_that_closes_its_outputs_and_goes_on_is_ended():
    outcome = python("import os, time; os.close(1); os.close(2); time.sleep(60)", limits=Limits(seconds=1))

    assert outcome.ending is Ending.TIMED_OUT


@needs_sandbox
def test_a_fork_bomb_finds_no_more_processes_and_leaves_none_behind():
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
import os, time  # {mark}
made = 0
while True:
    try:
        pid = os.fork()
    except OSError:
        print(made, flush=True)
        break
    if pid == 0:
        time.sleep(600)
    made += 1
"""
    outcome = python(code, limits=Limits(seconds=20, processes=20))

    assert outcome.ending is Ending.EXITED
    assert 0 < int(outcome.stdout) < 20
    assert left_of(mark) == []


@needs_sandbox
def test_children_that_left_their_session_end_as_well():
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    code = f"import os, time  # {mark}\nif os.fork() == 0:\n os.setsid()\n time.sleep(600)\ntime.sleep(600)"
    assert python(code, limits=Limits(seconds=1)).ending is Ending.TIMED_OUT
    assert left_of(mark) == []


@needs_sandbox
def test_memory_ends_at_its_limit():
    outcome = python("x = bytearray(300 * 1024 * 1024)", limits=Limits(memory_mb=200))

    assert (outcome.ending, outcome.status) == (Ending.EXITED, 1)
    assert b"MemoryError" in outcome.stderr


@needs_sandbox
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_ends_at_its_limit(stream):
    outcome = python(f"import sys\nwhile True: sys.{stream}.write('x' * 1000)", limits=Limits(output_bytes=10_000))

    assert outcome.ending is Ending.TOO_MUCH_OUTPUT
    assert getattr(outcome, stream) == b"x" * 10_000


@needs_sandbox
@pytest.mark.parametrize(
    "path",
    ["/file", "/usr/file", "/etc/file", f"{sys.prefix}/file", f"{sys.base_prefix}/file", "/proc/sys/kernel/hostname"],
)
def test_nothing_but_its_own_scratch_can_be_written_to(path):
    outcome = python(f"open('/tmp/mine', 'w').write('x'); print('own'); open({path!r}, 'w').write('x')")

    assert outcome.stdout == b"own\n"
    assert outcome.stderr.strip().rpartition(b"\n")[2].startswith((b"OSError", b"PermissionError"))


@needs_sandbox
def test_scratch_ends_at_its_limit():
    code = "\nfor n in range(20):\n open(f'/tmp/{n}', 'wb').write(b'x' * 1024 * 1024)"
    outcome = python(code, limits=Limits(scratch_mb=4))

    assert outcome.status == 1
    assert b"No space left on device" in outcome.stderr


@needs_sandbox
def test_what_it_is_shown_stays_as_it_is(tmp_path):
    tmp_path.joinpath("deep").mkdir()
    tmp_path.joinpath("deep", "file.py").write_text("x = 1\n")
    code = "import shutil, sys; sys.path.insert(0, '/adapter'); import file; print(file.x); shutil.rmtree('/adapter')"

    outcome = python(code, shows={Path("/adapter"): tmp_path / "deep"})

    assert outcome.stdout == b"1\n"
    assert b"Read-only file system" in outcome.stderr
    assert tmp_path.joinpath("deep", "file.py").read_text() == "x = 1\n"


@needs_sandbox
def test_files_of_ours_are_not_there():
    home, tests = Path.home(), Path(__file__)
    code = f"import os; print(os.path.exists({str(tests)!r}), os.path.exists('/etc/passwd'), os.listdir('/tmp'))"
    shown = Path(sys.prefix).parts[2:3] if Path(sys.prefix).is_relative_to("/tmp") else ()  # noqa: S108
    outcome = python(code)

    assert outcome.stdout.decode() == f"False False {list(shown)}\n"
    assert python(f"import os; os.listdir({str(home / '.ssh')!r})").status == 1


@needs_sandbox
def test_nobody_can_be_reached():
    code = "import socket; s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', {port}))"
    with socket.create_server(("127.0.0.1", 0)) as ours:
        outcome = python(code.format(port=ours.getsockname()[1]))

    assert outcome.status == 1
    assert python("import socket; print([name for _, name in socket.if_nameindex()])").stdout == b"['lo']\n"


@needs_sandbox
def test_our_processes_and_variables_are_not_seen(monkeypatch):
    monkeypatch.setenv("SNAKEWEB_SECRET_KEYS", "ours")
    code = (
        "import os; print(sorted(os.environ), len([p for p in os.listdir('/proc') if p.isdigit()]), os.getuid() != 0)"
    )
    outcome = python(code, variables={"MINE": "1"})

    assert outcome.stdout == b"['HOME', 'LC_ALL', 'MINE', 'PATH', 'PWD'] 2 True\n"


@needs_sandbox
def test_it_cannot_become_somebody_else():
    assert python("import os; os.setuid(0)").status == 1
    assert python("import subprocess; subprocess.run(['su', '-c', 'id'], check=True)").status == 1


def test_where_there_is_no_sandbox_nothing_is_run(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-c", "from migrations_app.sandbox import run; run(['/usr/bin/touch', 'made'])"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(Path(bubblewrap.__file__).parents[2])},
        capture_output=True,
        check=False,
    )

    assert SandboxMissing.__name__.encode() in asked.stderr
    assert b"The command bwrap is not there." in asked.stderr
    assert not list(tmp_path.iterdir())
