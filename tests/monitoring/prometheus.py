"""A real Prometheus over the example's own configuration."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from ruamel.yaml import YAML

from migrations_app.demo.processes import Processes
from migrations_app.testing.servers import free_port
from tests.monitoring.examples import CONFIGURATION, RULES

Labels = frozenset[tuple[str, str]]
OF_THE_SCRAPE = {"__name__", "job", "instance"}


def promtool() -> str:
    return _program("promtool")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip("no Prometheus on this machine")
    return found


@dataclass
class Prometheus:
    """Scrapes `address` each half second with the token in `token_file`."""

    directory: Path
    address: str

    def __post_init__(self) -> None:
        self.port = free_port()
        self.token_file = self.directory / "snakeweb-token"

    def start(self, processes: Processes) -> None:
        program = _program("prometheus")
        document = YAML(typ="safe").load(CONFIGURATION)
        document["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms", "scrape_timeout": "500ms"}
        (job,) = document["scrape_configs"]
        job |= {"scheme": "http", "static_configs": [{"targets": [self.address]}]}
        self.directory.mkdir()
        shutil.copy(RULES, self.directory)
        with (self.directory / CONFIGURATION.name).open("w") as file:
            YAML().dump(document, file)
        self.token_file.write_text("of-nobody")
        words = [
            f"--config.file={self.directory / CONFIGURATION.name}",
            f"--storage.tsdb.path={self.directory / 'tsdb'}",
        ]
        process = processes.start("prometheus", [program, *words, f"--web.listen-address=127.0.0.1:{self.port}"])
        processes.wait_for_page(process, f"{self._url}/-/ready")

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, **query: Any) -> Any:
        """The data of its answer. Raises HTTPError for an expression that it cannot parse."""
        with urlopen(f"{self._url}/api/v1/{path}?{urlencode(query, doseq=True)}", timeout=10) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]

    @property
    def target(self) -> Mapping[str, Any]:
        """What it says of the one that it scrapes; its `health` is unknown at first."""
        found: list[Mapping[str, Any]] = self.ask("targets")["activeTargets"]
        return found[0] if found else {"health": "unknown"}

    def values(self, expression: str) -> dict[Labels, float]:
        """The newest value of each series, by its own labels."""
        return {
            frozenset((name, value) for name, value in one["metric"].items() if name not in OF_THE_SCRAPE): float(
                one["value"][1]
            )
            for one in self.ask("query", query=expression)["result"]
        }

    def series(self, selector: str) -> list[Mapping[str, str]]:
        found: list[Mapping[str, str]] = self.ask("series", **{"match[]": selector})
        return found
