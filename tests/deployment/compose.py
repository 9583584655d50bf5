"""What docker-compose.yml and the Dockerfile say: read from the files, with nothing of it written down again here."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.architecture.sources import ROOT

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")


class MissingVariable(KeyError):
    """`${NAME:?why}` without a value: docker compose starts nothing then."""


@dataclass(frozen=True, slots=True)
class Service:
    """One of ours. `health` is the command of its health check, empty where it has none."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    replicas: int
    health: tuple[str, ...]
    waits_for: frozenset[str]
    grace_seconds: float


@dataclass(frozen=True, slots=True)
class Image:
    """The last stage of the Dockerfile."""

    environment: Mapping[str, str]
    command: tuple[str, ...]
    directory: str


def image(path: Path = ROOT / "Dockerfile") -> Image:
    text = re.sub(r"\\\n\s*", "", path.read_text())
    stage = text.rpartition("\nFROM ")[2]
    words = {word: rest for word, _, rest in (line.partition(" ") for line in stage.splitlines()[1:])}
    pairs = dict(pair.split("=", 1) for pair in words["ENV"].split())
    return Image(pairs, tuple(json.loads(words["CMD"])), words["WORKDIR"])


def services(given: Mapping[str, str], path: Path = ROOT / "docker-compose.yml") -> Mapping[str, Service]:
    """Those that are made of our image. `given` is what `.env` holds. Raises MissingVariable."""
    document = YAML(typ="safe").load(path)
    ours = {name: said for name, said in document["services"].items() if "build" in said}
    return {name: _service(name, said, given) for name, said in ours.items()}


def _service(name: str, said: Mapping[str, Any], given: Mapping[str, str]) -> Service:
    health: Sequence[str] = said.get("healthcheck", {}).get("test", [])
    assert not health or health[0] == "CMD", f"{name}: a health check of another form than is run here"
    return Service(
        name,
        tuple(said.get("command", image().command)),
        {key: filled_in(str(value), given) for key, value in said["environment"].items()},
        said.get("deploy", {}).get("replicas", 1),
        tuple(filled_in(word, given) for word in health[1:]),
        frozenset(said.get("depends_on", {})),
        float(str(said.get("stop_grace_period", "10s")).removesuffix("s")),
    )


def filled_in(text: str, given: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if given.get(name):
            return given[name]
        if found["how"] == "?":
            raise MissingVariable(f"{name}: {found['rest']}")
        return found["rest"] or ""

    return VARIABLE.sub(value, text).replace("$$", "$")
