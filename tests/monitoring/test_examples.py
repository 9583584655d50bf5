"""The files of `examples/monitoring/` by Prometheus' own tool, and against the metrics that there are."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.architecture.sources import ROOT
from tests.monitoring.examples import (
    CONFIGURATION,
    DIRECTORY,
    LABELS,
    OF_SCRAPES,
    RULE_TESTS,
    RULES,
    alerts,
    dashboard_expressions,
    grouped_by,
    selectors,
)
from tests.monitoring.prometheus import promtool

EXPRESSIONS = [*alerts().values(), *dashboard_expressions()]


def run(*words: str) -> str:
    ended = subprocess.run([promtool(), *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_prometheus_takes_the_rules_and_fires_each_where_it_should() -> None:
    assert f"{len(alerts())} rules found" in run("check", "rules", str(RULES))
    run("test", "rules", str(RULE_TESTS))


def test_each_alert_is_seen_to_fire_and_to_keep_silent() -> None:
    cases = [case for test in YAML(typ="safe").load(RULE_TESTS)["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(alerts())
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == set(alerts())


def test_a_rule_that_is_wrong_is_told_from_one_that_is_right(tmp_path: Path) -> None:
    """The tests of the rules would notice: one threshold is moved."""
    for file in DIRECTORY.iterdir():
        shutil.copy(file, tmp_path)
    moved = tmp_path / RULES.name
    moved.write_text(moved.read_text().replace("snakeweb_leases_lapsed) > 0", "snakeweb_leases_lapsed) > 1"))
    words = [promtool(), "test", "rules", str(tmp_path / RULE_TESTS.name)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "SnakewebLeasesLapsed" in ended.stdout + ended.stderr


def test_prometheus_takes_the_configuration(tmp_path: Path) -> None:
    for file in (CONFIGURATION, RULES):
        shutil.copy(file, tmp_path)
    (tmp_path / "snakeweb-token").write_text("a-token")
    assert "is valid prometheus config file" in run("check", "config", str(tmp_path / CONFIGURATION.name))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_name_metrics_and_labels_that_exist(expression: str) -> None:
    used = list(selectors(expression))
    assert used
    unknown = {selector.name for selector in used} - set(LABELS)
    assert not unknown
    for selector in used:
        named = {label for label, _, _ in selector.matchers}
        assert named <= LABELS[selector.name] | OF_SCRAPES, selector.text
    assert grouped_by(expression) <= set.union(*(LABELS[selector.name] for selector in used))


def test_every_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    used = {selector.name for expression in EXPRESSIONS for selector in selectors(expression)}
    assert set(LABELS) - used == {"snakeweb_build_info", "snakeweb_targets", "snakeweb_schedules_waiting"}


def test_no_other_metric_is_spoken_of_in_the_docs() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text()
    assert {selector.name for selector in selectors(text) if selector.name.startswith("snakeweb_")} == {
        name for name in LABELS if name.startswith("snakeweb_")
    }
