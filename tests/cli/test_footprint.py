"""The command needs what its extra names and nothing of the server."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions

from packaging.requirements import Requirement

from tests.architecture.sources import ROOT

IMPORT_ALL = """
import importlib, json, pkgutil, sys
before = set(sys.modules)
import migrations_app.cli
for module in pkgutil.walk_packages(migrations_app.cli.__path__, "migrations_app.cli."):
    importlib.import_module(module.name)
print(json.dumps(sorted({name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))))
"""


def named(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def brought_by(wanted: list[str]) -> set[str]:
    """The distributions, with what they bring."""
    found: set[str] = set()
    ahead = [Requirement(one) for one in wanted]
    while ahead:
        one = ahead.pop()
        if named(one.name) in found:
            continue
        found.add(named(one.name))
        for text in distribution(one.name).requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                ahead.append(needed)
    return found


def test_the_extra_brings_all_that_the_command_imports_and_no_server() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    brought = brought_by(project["dependencies"] + project["optional-dependencies"]["cli"])
    said = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    packages = packages_distributions()
    imported = {named(packages[name][0]) for name in json.loads(said) if name in packages} - {"snakeweb"}

    assert imported >= {"click", "httpx", "rich"}
    assert imported <= brought
    assert not brought & {"django", "celery", "channels", "daphne", "django-ninja"}


def test_the_server_brings_the_command_too() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras["cli"]) <= set(extras["server"])
