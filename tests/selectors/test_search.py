import pytest

from migrations_app.engine.events import EventType
from migrations_app.selectors.search import search
from tests.selectors.journal import event, told
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def found(actor, q, **more):
    return [(hit.kind, hit.title) for hit in search(actor=actor, q=q, **more)]


def test_each_kind_is_found_by_its_name(stage, viewer, outsider):
    migration = stage.planned(title="Move the shop’s carts")

    assert found(viewer, "shop CARTS") == [("migration", "Move the shop’s carts")]
    assert found(viewer, f"#{migration.pk}")[0] == ("migration", "Move the shop’s carts")
    assert found(viewer, newest(migration).digest[:12]) == [("migration", "Move the shop’s carts")]
    assert found(viewer, "sessions-so") == [("target", "sessions-source")]
    assert found(viewer, "stagi") == [("environment", "staging")]
    assert found(outsider, "sessions") == []


def test_a_run_is_found_by_its_number(viewer, now):
    run = told(event(EventType.RUN_STARTED), start=now)

    assert ("run", f"Run {run.pk}") in found(viewer, str(run.pk))


@pytest.mark.parametrize("q", ["", "   ", "\x00", "%", "nothing like this", "9" * 40, "x" * 10_000])
def test_nothing_is_found_quietly(stage, viewer, q):
    assert [hit for hit in search(actor=viewer, q=q) if hit.kind != "target"] == []


def test_at_most_as_many_as_asked_for(stage, viewer):
    for number in range(3):
        stage.migration(title=f"sessions {number}")

    assert len(found(viewer, "sessions", limit=2)) == 2
