import pytest

from migrations_app.engine.plan import Analysis
from migrations_app.handlers.adapter.planning import analyse
from migrations_app.handlers.adapter.steps import steps_of
from tests.handlers.adapter.places import Shop

POOL = {
    "release": {"version": "0.13.0", "generation": "abc"},
    "before": {"version": "0.13.0", "generation": "1"},
    "expected": 3,
    "minimum": 3,
    "waves": [["a"], ["b"]],
}


def ids(shop: Shop, *, pool: bool = False) -> list[str]:
    found = analyse(shop.spec)
    state = {**found.target_state, **({"pool": POOL} if pool else {})}
    spec = shop.spec
    if pool:
        object.__setattr__(spec, "targets", {**spec.targets, "pool": spec.targets["project"]})
    return [step.id for step in steps_of(spec, Analysis(found.source_state, state, {}))]


def test_the_seed_s_seven_the_last_only_where_it_was_asked_for(shop: Shop) -> None:
    six = ["analyze", "validate", "backup", "configure", "migrate_calls", "verify"]

    assert ids(shop) == six
    shop.parameters = {"cleanup_old_adapter": True}
    assert ids(shop) == [*six, "cleanup"]


def test_with_a_pool_the_package_is_there_before_the_workers_are_noted_and_goes_after_they_are_back(shop: Shop) -> None:
    shop.options = {"zero_downtime": True}
    shop.parameters = {"cleanup_old_adapter": True}

    assert ids(shop, pool=True) == [
        "analyze",
        "validate",
        "backup",
        "configure",
        "samples",
        "note_release",
        "migrate_calls",
        "roll",
        "verify",
        "confirm",
        "cleanup",
    ]


def test_each_step_depends_on_the_one_before(shop: Shop) -> None:
    shop.parameters = {"cleanup_old_adapter": True}
    steps = shop.plan().plan.steps

    assert [step.depends_on for step in steps[1:]] == [(before.id,) for before in steps[:-1]]


@pytest.mark.parametrize(("cleanup", "asks"), [(True, True), (False, False)])
def test_only_the_removal_asks_a_person(shop: Shop, cleanup: bool, asks: bool) -> None:
    shop.parameters = {"cleanup_old_adapter": cleanup}
    questions = [step.confirm for step in shop.plan().plan.steps if step.confirm]

    assert bool(questions) is asks
    assert all("shop/adapter.py" in question for question in questions)
