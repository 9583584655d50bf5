"""The built wheel, in a bare venv outside the repository."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
import zipfile

import pytest

from migrations_app.testing.processes import free_port
from tests.architecture.sources import tracked
from tests.wheel import run

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

IMPORT_BASE = """
import importlib, pkgutil, sys
import migrations_app.routing, migrations_app.stores, migrations_app.engine
for room in (migrations_app.routing, migrations_app.stores, migrations_app.engine):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        importlib.import_module(module.name)
assert "django" not in sys.modules
assert importlib.util.find_spec("django") is None, "the base install brought Django"
"""


def test_base_install_imports_routing_without_django(bare_python, tmp_path):
    run(bare_python, "-W", "error", "-c", IMPORT_BASE, cwd=tmp_path)


def test_wheel_carries_every_template_and_static_file(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("snakeweb/")}
    wanted = {f"snakeweb/{path}" for path in tracked() if path.parts[0] in {"templates", "static"}}

    assert wanted
    assert not {name for name in wanted - inside if not name.endswith(".gitkeep")}


@pytest.fixture
def production(production_python, tmp_path):
    """(base URL, headers) of the web process, set up as production."""
    port = free_port()
    surroundings = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_STATE": str(tmp_path / "state"),
        "SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example",
        "SNAKEWEB_SECRET_KEYS": "packaging-" + "k3" * 30,
    }
    django = (production_python, "-m", "django")
    run(*django, "check", "--deploy", "--fail-level", "WARNING", cwd=tmp_path, env=surroundings)
    run(*django, "migrate", "--noinput", "-v", "0", cwd=tmp_path, env=surroundings)
    run(*django, "collectstatic", "--noinput", "-v", "0", cwd=tmp_path, env=surroundings)
    command = [production_python, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "snakeweb.asgi:application"]
    with (tmp_path / "web.log").open("wb") as log:
        web = subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", {"Host": "snakeweb.example", "X-Forwarded-Proto": "https"}
    finally:
        web.terminate()
        web.wait(60)


def test_installed_server_shows_a_styled_login_page(production):
    base, headers = production

    page = fetch_when_up(f"{base}/accounts/login/", headers)
    sheets = re.findall(r'<link[^>]+href="([^"]+\.css)"', page)

    assert "<form" in page
    assert sheets
    for sheet in sheets:
        assert "{" in fetch_when_up(base + sheet, headers), sheet


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
