from datetime import timedelta
from itertools import product

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import ImpactSample, Run
from migrations_app.selectors.impact_now import impact_now
from tests.runs import AT, migration, plan, queued, step, target

pytestmark = pytest.mark.django_db
EVERY = set(product(("source", "target", "other"), ("before", "during", "after")))


def began(name: str) -> Run:
    """At work since 100 s after AT."""
    rows = (target(f"{name}-a"), target(f"{name}-b"))
    run = queued(migration(plan([step("transfer")], rows), rows, title=name))
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=AT + timedelta(seconds=100))
    return run


def read(run: Run, role: str, second: int, **told: object) -> None:
    ImpactSample.objects.create(run=run, role=role, at=AT + timedelta(seconds=second), **told)


def told(found) -> dict:
    return {labels: value for labels, value in found.items() if value}


def test_the_worst_answer_and_the_sum_of_the_rest_by_side_and_period(cast) -> None:
    one, two = began("one"), began("two")
    for run, slow in ((one, 3_000), (two, 9_000)):
        for second, latency, count in ((98, 1_000, 0), (99, 2_000, 10), (110, slow * 2, 1_000), (112, slow, 1_200)):
            read(run, "source", second, latency_us=latency, operations=count, memory_bytes=slow, connections=2)
    read(one, "pool", 112, latency_us=500)
    read(two, "target", 112, gap="No answer in 2 s.")

    found = impact_now(now=AT + timedelta(seconds=115))
    assert set(found.latency_seconds) == set(found.connections) == EVERY
    assert told(found.latency_seconds) == {
        ("source", "before"): 0.0015,
        ("source", "during"): 0.009,
        ("other", "during"): 0.0005,
    }
    assert told(found.operations) == {("source", "before"): 20, ("source", "during"): 200}
    assert told(found.memory_bytes) == {("source", "before"): 12_000, ("source", "during"): 12_000}
    assert told(found.connections) == {("source", "before"): 4, ("source", "during"): 4}
    assert told(found.failed) == {("target",): 1}


def test_a_run_is_told_of_for_a_minute_after_its_end(cast) -> None:
    run = began("one")
    Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, ended_at=AT + timedelta(seconds=200))
    read(run, "target", 199, connections=7)
    read(run, "target", 205, connections=3)
    assert told(impact_now(now=AT + timedelta(seconds=230)).connections) == {("target", "after"): 3}
    assert told(impact_now(now=AT + timedelta(seconds=261)).connections) == {}
