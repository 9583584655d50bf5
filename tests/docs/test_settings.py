"""docs/settings.md has each variable and each key that is read, with its default, and none that is not."""

import dataclasses
import re
from collections.abc import Mapping

import pytest

from migrations_app.runtime.settings import MigrationSettings, RuntimeSettings
from tests.architecture.sources import ROOT, tracked
from tests.deployment import compose

PAGE = (ROOT / "docs/settings.md").read_text()
READER = (ROOT / "snakeweb/environment.py").read_text()
NAME = re.compile(r"\bSNAKEWEB_[A-Z_]+\b")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \|", re.MULTILINE)
# Read elsewhere: by the command line, by a user's own service, by tests; and the two Django settings.
OTHERS = set(NAME.findall("SNAKEWEB_SESSIONS SNAKEWEB_GATEWAY_TOKEN SNAKEWEB_GATEWAY_CONFIG SNAKEWEB_GUARDS_OFF"))
OTHERS |= {"SNAKEWEB_MIGRATION", "SNAKEWEB_RUNTIME"}


def rows(heading: str) -> Mapping[str, str]:
    """First column -> second column of the table beneath a heading."""
    beneath = re.split(r"\n#+ ", PAGE.split(f" {heading}\n", 1)[1], maxsplit=1)[0]
    return dict(ROW.findall(beneath))


def known_variables() -> set[str]:
    return set(re.findall(r'"(SNAKEWEB_[A-Z_]+)"', READER))


def test_every_variable_that_is_read_is_in_the_table_and_no_other() -> None:
    assert set(rows("Variables of the environment")) == known_variables()


@pytest.mark.parametrize(
    ("heading", "kind"), [("`SNAKEWEB_MIGRATION`", MigrationSettings), ("`SNAKEWEB_RUNTIME`", RuntimeSettings)]
)
def test_every_key_is_in_its_table_with_its_default(heading: str, kind: type) -> None:
    values = {field.name: getattr(kind(), field.name) for field in dataclasses.fields(kind)}

    assert rows(heading) == {name: f"`{value!r}`".replace("'", '"') for name, value in values.items()}


def test_what_the_documentation_and_the_files_name_is_read() -> None:
    """A variable that somebody sets and nothing reads is a setting that silently does nothing."""
    of_the_command = set(NAME.findall((ROOT / "docs/cli.md").read_text()))
    places = [
        path for path in tracked() if str(path).startswith(("docs/", "deploy/", "README", "docker-", "Dockerfile"))
    ]
    named = {name: path for path in places for name in NAME.findall((ROOT / path).read_text(errors="ignore"))}

    assert {name: path for name, path in named.items() if name not in known_variables() | OTHERS | of_the_command} == {}


def test_the_composed_services_are_given_what_is_read() -> None:
    given = {"POSTGRES_PASSWORD": "a", "SNAKEWEB_SECRET_KEYS": "b", "SNAKEWEB_ALLOWED_HOSTS": "c"}
    set_there = {name for service in compose.services(given).values() for name in service.environment}

    assert set_there <= known_variables()
