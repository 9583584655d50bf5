"""What the demo shows is so: an adapter with one decision to take, rows that bite, and people who order meanwhile."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from examples.deployment.orders import FIRST_NUMBER, Orders
from migrations_app.demo import adapters, cast, databases, warehouse
from migrations_app.demo.people import APPROVER, VIEWER
from migrations_app.demo.pricing import DECIDED
from migrations_app.demo.stories import Stage
from migrations_app.demo.stories_of_control import policy_with_a_history
from migrations_app.engine.vocabulary import Decision, ReviewState, RunKind
from migrations_app.models import Migration, PlanRevision, Target
from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors.runs import run_page
from tests.runs import queued
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import newest

REFUSE = "BEGIN SELECT RAISE(ABORT, 'These tables have moved to the other one'); END"


def tools(migration: int) -> dict[str, bool]:
    """By name, whether the generic adapter serves it."""
    planned = PlanRevision.objects.get(migration=migration).target_state["adapter"]["tools"]
    return {tool["name"]: tool["served"] for tool in planned}


def rows_in(stage: Stage, name: str, table: str) -> set[int]:
    path = Target.objects.get(pk=stage.targets[name]).config["path"]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {number for (number,) in connection.execute(f"SELECT id FROM {table}")}  # noqa: S608


@pytest.fixture
def stage(transactional_db: None, settings, tmp_path: Path) -> Stage:
    settings.SNAKEWEB_FILE_ROOTS = (tmp_path,)
    now = SystemClock().now
    company = cast.settle(now())
    targets = adapters.add_projects(company, now(), tmp_path) | databases.add_databases(company, now(), tmp_path, None)
    return Stage(company, targets, now)


def test_one_tool_of_the_adapter_waits_for_a_decision_which_its_trial_has_taken(stage: Stage) -> None:
    adapters.tools_served(stage)
    trial = adapters.author_trial(stage)
    stage.plan(trial)

    assert tools(stage.called(adapters.SERVED)) == {
        **dict.fromkeys(("delivery_day", "gross_price", "median_price", "order_lines"), True),
        **dict.fromkeys((DECIDED, "watch_price"), False),
    }
    assert tools(trial) == {**tools(stage.called(adapters.SERVED)), DECIDED: True}


def test_odd_rows_are_put_aside_by_name_and_all_others_arrive(stage: Stage) -> None:
    trial = databases.author_trial(stage)
    stage.plan(trial)
    plan, viewer = newest(Migration.objects.get(pk=trial)), stage.cast.actor(VIEWER)
    dry_run = drive_to_end(queued(plan, RunKind.DRY_RUN))
    assert dry_run.state == "succeeded", dry_run.error
    assert run_page(actor=viewer, run_id=dry_run.pk, now=stage.now()).tables is None
    run = drive_to_end(queued(plan))

    assert run.state == "succeeded", run.error
    page = run_page(actor=viewer, run_id=run.pk, now=stage.now())
    assert page.tables is not None
    assert (page.tables.finished, page.tables.rejected) == (2, 4)
    copied = {name: rows_in(stage, databases.NEW_IN_DEV, name) for name in ("customers", "orders")}
    assert copied["orders"] == set(range(1, warehouse.ORDERS + 1)) - {17, 1234, 4711}
    assert copied["customers"] == set(range(1, warehouse.CUSTOMERS + 1))


def test_one_of_the_two_approvers_is_enough_for_what_is_risky_in_staging(stage: Stage) -> None:
    policy_with_a_history(stage)
    databases.orders_move_live(stage)
    migration = stage.called(databases.LIVE)
    stage.decide(APPROVER, migration, stage.submit(migration), Decision.APPROVE)

    assert Migration.objects.get(pk=migration).review_state == ReviewState.APPROVED


def test_orders_follow_a_hand_over_and_its_way_back(tmp_path: Path) -> None:
    old, new = (databases.path_in(tmp_path, name) for name in (databases.OLD, databases.NEW))
    warehouse.old_orders(old)
    warehouse.new_orders(new)
    orders = Orders([old, new])

    assert all(orders.order() for _ in range(20))
    with contextlib.closing(sqlite3.connect(old)) as source, contextlib.closing(sqlite3.connect(new)) as target:
        source.executescript(f"CREATE TRIGGER no BEFORE INSERT ON orders {REFUSE}")
        moved = source.execute("SELECT * FROM orders WHERE id >= ?", (FIRST_NUMBER,))
        target.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", moved)
        target.commit()
    assert all(orders.order() for _ in range(20))
    assert (orders.databases, orders.switches, orders.failed, orders.lost()) == ([new, old], 1, 0, 0)

    with contextlib.closing(sqlite3.connect(new)) as target, target:
        target.execute("DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)")
    assert orders.lost() == 1
