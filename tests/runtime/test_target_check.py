from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.target_check import check_targets, compare, differences
from tests.runs import AT, plan, step, target
from tests.session_runs import sqlite_migration


@pytest.mark.parametrize(
    ("before", "now", "drifts"),
    [
        (0, 0, False),
        (0, 1, True),
        (50, 0, False),
        (5_000, 0, True),
        (10, 90, False),
        (1_000, 1_500, False),
        (1_000, 1_501, True),
        (1_500, 999, True),
        (20_000, 21_000, False),
    ],
)
def test_sizes_may_differ_by_half(before: int, now: int, drifts: bool) -> None:
    assert bool(list(differences("redis", {"size": before}, {"size": now}))) is drifts


def test_every_other_difference_is_a_sentence() -> None:
    found = list(differences("redis", {"identity": "a", "layout": "x"}, {"identity": "b", "eviction_policy": "lru"}))

    assert [each.sentence for each in found] == [
        "Target redis: eviction policy is lru; the plan was made for None.",
        "Target redis: identity is b; the plan was made for a.",
        "Target redis: layout is None; the plan was made for x.",
    ]
    assert [(each.target, each.field, each.planned, each.found) for each in found] == [
        ("redis", "eviction policy", "", "lru"),
        ("redis", "identity", "a", "b"),
        ("redis", "layout", "x", ""),
    ]


def test_no_password_of_an_address_is_said() -> None:
    (found,) = differences("redis", {"identity": "redis://u:old@one:1"}, {"identity": "redis://u:new@two:1"})

    assert (found.planned, found.found) == ("redis://u:•••@one:1", "redis://u:•••@two:1")
    assert "old" not in found.sentence
    assert "new" not in found.sentence


def test_a_pool_drifts_with_every_worker() -> None:
    found = list(differences("gpu", {"version": "0.13.0", "workers": 8}, {"version": "0.13.0", "workers": 9}))

    assert [each.sentence for each in found] == ["Target gpu: workers is 9; the plan was made for 8."]


@pytest.mark.django_db
def test_a_file_that_may_not_be_opened_any_longer_is_out_of_reach(tmp_path: Path, settings: LazySettings) -> None:
    rows = sqlite_migration(tmp_path)
    settings.SNAKEWEB_FILE_ROOTS = ()

    seen = check_targets(rows.revision, protected=False, clock=SystemClock())
    assert seen.drift == ()
    assert "SNAKEWEB_FILE_ROOTS" in seen.unreachable[0]


@pytest.mark.django_db
def test_targets_as_they_were_planned_do_not_drift(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)

    seen = check_targets(rows.revision, protected=False, clock=SystemClock())
    assert (seen.drift, seen.unreachable) == ((), ())


@pytest.mark.django_db
def test_a_target_that_cannot_be_read_is_unreachable(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    Path(rows.source.config["path"]).write_bytes(b"this is no database" * 1000)

    (sentence,) = check_targets(rows.revision, protected=False, clock=SystemClock()).unreachable
    assert sentence.startswith("Target sessions-a does not answer:")


@pytest.mark.django_db
def test_a_target_that_was_configured_anew_has_drifted(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    rows.source.config = {**rows.source.config, "table": "other"}
    rows.source.save()

    (drift,) = check_targets(rows.revision, protected=False, clock=SystemClock()).drift
    assert (drift.target, drift.field) == ("sessions-a", "")
    assert "sessions-a" in drift.sentence


class Handler(SessionMigration):
    def __init__(self, outcome: Analysis | Exception) -> None:
        self._outcome = outcome

    def analyze(self, spec: object) -> Analysis:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (DependencyUnavailable("the source is away"), "the source is away"),
        (Analysis({}, {}, {}), "Target one could not be looked at."),
    ],
)
def test_a_handler_that_cannot_look_makes_targets_unreachable(outcome: Any, said: str) -> None:
    content = plan([step("one")], [target("one")])
    planned: Mapping[str, Mapping[str, Any]] = {"source": {"size": 1}}

    seen = compare(Handler(outcome), content, {}, planned, protected=False, at=AT)
    assert seen.unreachable == (said,)
