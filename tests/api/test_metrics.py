import re
import subprocess

import pytest
from django.utils import timezone

from migrations_app.api.metrics import DECLARED, exposition
from tests.architecture.sources import ROOT
from tests.monitoring.prometheus import promtool
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

MOST_SERIES = 300


def test_prometheus_own_judge_of_names_finds_nothing() -> None:
    """`promtool check metrics` knows the naming practice: base units, `_total` for counters alone, help for each."""
    a_run()
    text = exposition(timezone.now())[0]
    ended = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr.decode()) == (0, "")


def test_series_are_bounded_whatever_there_is() -> None:
    def series() -> set[str]:
        lines = exposition(timezone.now())[0].decode().splitlines()
        return {line.rpartition(" ")[0] for line in lines if line.startswith("snakeweb_")}

    before = series()
    for name in ("one", "two"):
        a_run(name)
    assert {one.split("{")[0] for one in series() - before} <= {"snakeweb_outbox_oldest_seconds"}
    assert len(before) < MOST_SERIES


def test_the_docs_have_each_metric_as_it_is_declared() -> None:
    rows = re.findall(
        r"^\| `(snakeweb_\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$", (ROOT / "docs/monitoring.md").read_text(), re.MULTILINE
    )
    declared = [
        (each.full_name, each.kind, ", ".join(f"`{label}`" for label in each.labels), each.text) for each in DECLARED
    ]
    assert rows == declared
