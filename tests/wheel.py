"""The built wheel and environments that it is installed into, as others install it. Made once a test process."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for path in tracked():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source))
    return next(out.glob("*.whl"))


@pytest.fixture(scope="session")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python of a venv that holds the wheel and its base dependencies, nothing else."""
    python = new_venv(tmp_path_factory.mktemp("bare"))
    pins = tmp_path_factory.mktemp("pins") / "constraints.txt"
    pinned = re.findall(r"^([A-Za-z0-9._-]+==\S+)", (ROOT / "requirements/production.txt").read_text(), re.MULTILINE)
    pins.write_text("\n".join(pinned))
    install(python, "-c", str(pins), str(wheel))
    return python


@pytest.fixture(scope="session")
def production_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python of a venv filled as the Dockerfile fills its own: with what is pinned for production, and the wheel."""
    python = new_venv(tmp_path_factory.mktemp("production"))
    install(python, "--no-deps", "--require-hashes", "-r", str(ROOT / "requirements/production.txt"))
    install(python, "--no-deps", str(wheel))
    return python


def new_venv(folder: Path) -> str:
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    return str(folder / "venv" / "bin" / "python")


def install(python: str, *words: str) -> None:
    run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *words)


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Its standard output. What it says is shown when it fails."""
    surroundings = env or {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    ended = subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout
