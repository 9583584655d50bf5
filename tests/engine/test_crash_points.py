import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from migrations_app.engine.crash_points import Crash, CrashPointsRefused, armed, counted, from_environment, reach

PROGRAM = "from migrations_app.engine.crash_points import reach\nfor n in range(3): reach('here'); print(n, flush=True)"


def start(**environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**clean, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_nothing_happens_unless_armed() -> None:
    reach("anything")
    with armed("another:raise"):
        reach("anything")


def test_raise_at_the_nth_passing_only() -> None:
    with armed("here:2:raise;there:raise"):
        reach("here")
        with pytest.raises(Crash, match="here"):
            reach("here")
        reach("here")
        with pytest.raises(Crash):
            reach("there")
    reach("there")


def test_passings_are_counted_and_nothing_happens() -> None:
    with counted("here", "there") as passings:
        for name in ("here", "elsewhere", "here"):
            reach(name)
        assert (passings("here"), passings("there")) == (2, 0)


def test_exit_is_the_default_and_looks_like_a_kill() -> None:
    process = start(SNAKEWEB_CRASH_AT="here:3")
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.split()) == (137, ["0", "1"])


def test_stop_freezes_the_process_until_it_is_continued() -> None:
    process = start(SNAKEWEB_CRASH_AT="here:1:stop")
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(process.pid, signal.SIGCONT)
    assert process.stdout is not None
    assert process.stdout.read().split() == ["0", "1", "2"]
    process.communicate(timeout=120)


def test_wait_blocks_until_the_file_exists(tmp_path: Path) -> None:
    gate = tmp_path / "go:on"
    passed = threading.Event()

    def driver() -> None:
        reach("here")
        passed.set()

    with armed(f"here:wait:{gate}"):
        thread = threading.Thread(target=driver)
        thread.start()
        assert not passed.wait(0.1)
        gate.touch()
        assert passed.wait(60)
        thread.join()


def test_production_refuses_to_be_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CrashPointsRefused):
        from_environment({"SNAKEWEB_CRASH_AT": "here", "SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example"})
    assert from_environment({"SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example"}) == {}
    monkeypatch.setenv("SNAKEWEB_ALLOWED_HOSTS", "snakeweb.example")
    with pytest.raises(CrashPointsRefused), armed("here"):
        pass
    process = start(SNAKEWEB_CRASH_AT="here", SNAKEWEB_ALLOWED_HOSTS="snakeweb.example")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "is for tests" in err


@pytest.mark.parametrize("text", ["here:0", "here:1:explode", "here:2:3"])
def test_a_mistyped_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SNAKEWEB_CRASH_AT"), armed(text):
        pass
