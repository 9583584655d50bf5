"""What `examples/monitoring/` says of metrics: its expressions, and the names and labels in them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML

from migrations_app.api.metrics import DECLARED
from tests.architecture.sources import ROOT

DIRECTORY = ROOT / "examples" / "monitoring"
RULES, RULE_TESTS, CONFIGURATION, DASHBOARD = (
    DIRECTORY / name
    for name in ("snakeweb-rules.yml", "snakeweb-rules-test.yml", "prometheus.yml", "snakeweb-dashboard.json")
)
OF_SCRAPES = {"job", "instance"}
OF_OTHERS = {"up", "process_resident_memory_bytes"}
LABELS = {declared.full_name: set(declared.labels) for declared in DECLARED} | {name: set() for name in OF_OTHERS}
_SELECTOR = re.compile(r"\b(snakeweb_\w+|process_\w+|up\b)(\{[^}]*\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Selector:
    text: str
    name: str
    matchers: tuple[tuple[str, str, str], ...]


def alerts() -> dict[str, str]:
    """Expression by the alert's name."""
    document = YAML(typ="safe").load(RULES)
    return {rule["alert"]: rule["expr"] for group in document["groups"] for rule in group["rules"]}


def dashboard_expressions() -> list[str]:
    """As Grafana would send them."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"].replace("$__rate_interval", "1m") for panel in panels for target in panel.get("targets", ())]


def selectors(expression: str) -> Iterator[Selector]:
    for name, braces in _SELECTOR.findall(expression):
        yield Selector(f"{name}{braces}", name, tuple(_MATCHER.findall(braces)))


def grouped_by(expression: str) -> set[str]:
    return {label.strip() for labels in _GROUPING.findall(expression) for label in labels.split(",") if label.strip()}
