"""The import contracts of pyproject.toml hold, and importing the house starts nothing."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT, imports, python_files, tree

IMPORT_EVERYTHING = """
import importlib, sys, threading
import django
django.setup()
for name in sys.argv[1:]:
    importlib.import_module(name)
import psutil
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
assert not psutil.Process().net_connections(), psutil.Process().net_connections()
assert not psutil.Process().children(), psutil.Process().children()
"""


def test_arrows_only_go_down():
    linter = Path(sys.executable).with_name("lint-imports")

    ended = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


def test_importing_starts_no_thread_process_or_connection(tmp_path):
    names = [
        ".".join(path.with_suffix("").parts)
        for path in python_files("snakeweb", "migrations_app")
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    surroundings = {"DJANGO_SETTINGS_MODULE": "snakeweb.settings", "SNAKEWEB_STATE": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, *names],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr


def test_the_example_deployment_knows_routing_only():
    ours = [
        name
        for path in python_files("examples")
        if "deployment" in path.parts
        for name in imports(tree(path))
        if name.startswith(("migrations_app.", "snakeweb."))
    ]

    assert ours
    assert all(name.startswith("migrations_app.routing.") for name in ours), ours
