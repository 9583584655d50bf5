"""The built wheel, in a bare venv outside the repository."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from migrations_app.testing.processes import free_port
from tests.architecture.sources import ROOT, tracked
from tests.marks import WHOLE_INSTALLATION

pytestmark = [pytest.mark.servers, WHOLE_INSTALLATION, pytest.mark.timeout(300)]

IMPORT_BASE = """
import importlib, pkgutil, sys
import migrations_app.routing, migrations_app.stores, migrations_app.engine
for room in (migrations_app.routing, migrations_app.stores, migrations_app.engine):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        importlib.import_module(module.name)
assert "django" not in sys.modules
assert importlib.util.find_spec("django") is None, "the base install brought Django"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for path in tracked():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source))
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def bare_python(wheel, tmp_path_factory) -> str:
    """Python of a venv that holds the wheel and its base dependencies, nothing else."""
    venv = tmp_path_factory.mktemp("bare") / "venv"
    run(sys.executable, "-m", "venv", str(venv))
    python = str(venv / "bin" / "python")
    install(python, str(wheel), tmp_path_factory.mktemp("pins"))
    return python


def test_base_install_imports_routing_without_django(bare_python, tmp_path):
    run(bare_python, "-W", "error", "-c", IMPORT_BASE, cwd=tmp_path)


def test_wheel_carries_every_template_and_static_file(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("snakeweb/")}
    wanted = {f"snakeweb/{path}" for path in tracked() if path.parts[0] in {"templates", "static"}}

    assert wanted
    assert not {name for name in wanted - inside if not name.endswith(".gitkeep")}


@pytest.fixture
def production(bare_python, wheel, tmp_path, tmp_path_factory):
    """(base URL, headers) of the web process, installed with the extra `server` and set up as production."""
    install(bare_python, f"{wheel}[server]", tmp_path_factory.mktemp("pins"))
    port = free_port()
    surroundings = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_STATE": str(tmp_path / "state"),
        "SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example",
        "SNAKEWEB_SECRET_KEYS": "packaging-" + "k3" * 30,
    }
    run(bare_python, "-m", "django", "check", "--deploy", "--fail-level", "WARNING", cwd=tmp_path, env=surroundings)
    run(bare_python, "-m", "django", "migrate", "--noinput", "-v", "0", cwd=tmp_path, env=surroundings)
    run(bare_python, "-m", "django", "collectstatic", "--noinput", "-v", "0", cwd=tmp_path, env=surroundings)
    command = [bare_python, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "snakeweb.asgi:application"]
    with (tmp_path / "web.log").open("wb") as log:
        web = subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", {"Host": "snakeweb.example", "X-Forwarded-Proto": "https"}
    finally:
        web.terminate()
        web.wait(20)


def test_installed_server_shows_a_styled_login_page(production):
    base, headers = production

    page = fetch_when_up(f"{base}/accounts/login/", headers)
    sheets = re.findall(r'<link[^>]+href="([^"]+\.css)"', page)

    assert "<form" in page
    assert sheets
    for sheet in sheets:
        assert "{" in fetch_when_up(base + sheet, headers), sheet


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    surroundings = env or {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    ended = subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"


def install(python: str, what: str, folder: Path) -> None:
    """Install with the versions that are pinned for production."""
    pins = folder / "constraints.txt"
    pinned = re.findall(r"^([A-Za-z0-9._-]+==\S+)", (ROOT / "requirements/production.txt").read_text(), re.MULTILINE)
    pins.write_text("\n".join(pinned))
    run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c", str(pins), what)


def fetch_when_up(url: str, headers: dict[str, str]) -> str:
    """The text at `url`, waiting up to 30 s for the server to listen."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
                return response.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
