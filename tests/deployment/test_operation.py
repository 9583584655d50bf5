"""docker-compose.yml, the units and the pages about them, as whoever operates it reads them: they say the same."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.architecture.sources import ROOT, tracked
from tests.deployment import compose

GIVEN = {"POSTGRES_PASSWORD": "a", "SNAKEWEB_SECRET_KEYS": "b", "SNAKEWEB_ALLOWED_HOSTS": "c"}
UNITS = ROOT / "deploy" / "systemd"
PAGES = [path for path in tracked() if path.suffix == ".md" and (path.parts[0] == "docs" or path.name == "README.md")]
OURS = ("web", "dispatcher", "beat", "worker")


def said() -> Mapping[str, Mapping[str, Any]]:
    document: Mapping[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    services: Mapping[str, Mapping[str, Any]] = document["services"]
    return services


def unit(name: str) -> str:
    return next(UNITS.glob(f"snakeweb-{name}*.service")).read_text()


def seconds_to_stop(name: str) -> float:
    """What docs/deployment.md says to give it."""
    table = (ROOT / "docs/deployment.md").read_text().split("\n## Stopping\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([\w, ]+) \| .* \| (\d+) s \|$", table, re.MULTILINE)
    return float(next(seconds for names, seconds in rows if name in names.split(", ")))


@pytest.mark.parametrize("name", OURS)
def test_each_process_is_given_the_time_that_it_needs_to_stop(name: str) -> None:
    unit_seconds = re.search(r"^TimeoutStopSec=(\d+)$", unit(name), re.MULTILINE)

    assert compose.services(GIVEN)[name].grace_seconds >= seconds_to_stop(name)
    assert unit_seconds
    assert float(unit_seconds[1]) >= seconds_to_stop(name)


@pytest.mark.parametrize("name", OURS)
def test_each_process_is_started_again_when_it_dies(name: str) -> None:
    assert (said()[name]["restart"], said()[name]["init"]) == ("unless-stopped", True)
    assert "\nRestart=always\n" in unit(name)


@pytest.mark.parametrize("name", OURS)
def test_a_unit_runs_the_same_command_as_the_service(name: str) -> None:
    """But for addresses and names of files and workers, which are of the place."""
    ours = compose.services(GIVEN)[name].command
    written = re.search(r"^ExecStart=/opt/snakeweb/bin/(.*)$", unit(name), re.MULTILINE)
    places = {"--bind": 2, "--schedule": 2, "-n": 2}

    def plain(words: list[str]) -> list[str]:
        at = next((number for number, word in enumerate(words) if word in places), None)
        return words if at is None else plain([*words[:at], *words[at + places[words[at]] :]])

    assert written
    assert plain(written[1].replace('""', "''").replace("''", "EMPTY").split()) == plain(
        [word or "EMPTY" for word in ours]
    )


def test_the_servers_are_there_before_anything_of_ours_begins() -> None:
    setup = said()["setup"]

    assert {name: how["condition"] for name, how in setup["depends_on"].items()} == {
        "database": "service_healthy",
        "broker": "service_healthy",
    }
    assert setup["restart"] == "no"
    for name in OURS:
        assert said()[name]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    health = said()["database"]["healthcheck"]["test"]
    assert health[health.index("-h") + 1] == "127.0.0.1", "or the server of the first set-up counts, and goes again"


@pytest.mark.parametrize("missing", ["POSTGRES_PASSWORD", "SNAKEWEB_SECRET_KEYS", "SNAKEWEB_ALLOWED_HOSTS"])
def test_no_secret_has_a_default(missing: str) -> None:
    with pytest.raises(compose.MissingVariable, match=missing):
        compose.services({name: value for name, value in GIVEN.items() if name != missing})


def named(pattern: str) -> Iterator[tuple[Path, str]]:
    for path in PAGES:
        for line in re.findall(pattern, (ROOT / path).read_text()):
            yield from ((path, word) for word in line.split())


def test_the_pages_name_units_and_services_that_there_are() -> None:
    units = {path.name for path in UNITS.iterdir()}
    restarted = list(named(r"systemctl (?:restart|enable --now) ([^\n`]+)"))
    composed = list(named(r"docker compose (?:exec|run --rm) (?:-T )?(\w+)"))

    assert len(restarted) > 4
    assert len(composed) > 2
    assert [where for where in restarted if re.sub(r"@\w+\.", "@.", where[1]) not in units] == []
    assert [where for where in composed if where[1] not in said()] == []
