"""`manage.py demo` as a user starts it: the real processes, servers and pages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.planted import leaks

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    """The same for each run here: a second demo works where a first one has been."""
    return tmp_path_factory.mktemp("demo")


def test_it_moves_every_session_and_leaves_nothing_running(directory):
    status, out = demo(directory, "--exit")

    assert status == 0, out
    assert re.search(r"^sessions moved: 2\d,\d{3}$", out, re.MULTILINE)
    assert re.search(r"^mismatches: 0$", out, re.MULTILINE)
    assert re.search(r"^duration: \d+ s$", out, re.MULTILINE)
    assert "failed: 0, lost: 0" in out
    assert processes_of(directory) == []
    assert leaks(secrets_of(directory), [("the console", out.encode())]) == []


def test_a_flipped_byte_fails_the_demo_and_is_named(directory):
    status, out = demo(directory, "--exit", "--corrupt")

    assert status != 0
    assert "sessions moved: 0" in out
    assert re.search(r"value\W+[0-9a-f]{12}", out), out
    assert leaks(secrets_of(directory), [("the console", out.encode())]) == []
    assert "failed: 0, lost: 0" in out
    assert processes_of(directory) == []


def test_seed_only_fills_an_empty_database_once(tmp_path):
    surroundings = {**os.environ, "SNAKEWEB_STATE": str(tmp_path / "state"), "SNAKEWEB_FILE_ROOTS": str(tmp_path)}
    manage("migrate", "--noinput", "-v", "0", env=surroundings)

    homeless = manage("demo", "--seed-only", env={**surroundings, "SNAKEWEB_FILE_ROOTS": ""})
    first = manage("demo", "--seed-only", env=surroundings)
    again = manage("demo", "--seed-only", env=surroundings)
    verified = manage("verify_audit", env=surroundings)

    assert homeless.returncode != 0
    assert "SNAKEWEB_FILE_ROOTS" in homeless.stderr
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["migrations"] >= 7
    assert again.returncode != 0
    assert "nothing was added" in again.stderr
    assert verified.returncode == 0, verified.stderr


def secrets_of(directory: Path) -> dict[str, str]:
    """What the demo made for itself: passwords of its servers, the traffic's token, the installation's key."""
    described = json.loads((directory / "deployment.json").read_text())
    found = {"token": described["route"]["token"], "key": (directory / "state" / "secret_keys").read_text().strip()}
    for name, place in (*described["stores"].items(), *described["databases"].items()):
        found |= {f"{secret} of {name}": value for secret, value in place["secrets"].items()}
    assert {"password of sessions-postgres", "password of catalogue-postgres"} <= set(found)
    return found


def demo(directory: Path, *arguments: str) -> tuple[int, str]:
    ended = manage("demo", "--directory", str(directory), *arguments, env=dict(os.environ))
    return ended.returncode, ended.stdout + ended.stderr


def manage(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def processes_of(directory: Path) -> list[str]:
    """Command lines of what still runs for that directory."""
    left = []
    for process in psutil.process_iter():
        try:
            words = " ".join([*process.cmdline(), *process.environ().values()])
        except psutil.Error:
            continue
        if str(directory) in words:
            left.append(" ".join(process.cmdline()))
    return left
