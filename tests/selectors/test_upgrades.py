import pytest

from migrations_app.models import Migration
from migrations_app.selectors.plans import revision_view
from migrations_app.selectors.rewrites import rewrite_of
from migrations_app.selectors.upgrades import upgrade_of
from tests.stores_on_disk import newest

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def view_of(migration_id):
    return revision_view(newest(Migration.objects.get(pk=migration_id)))


def test_a_plan_shows_what_the_code_meets_and_how_the_pool_is_restarted(service_to_upgrade):
    service_to_upgrade.upgrade.lay(
        {"lib/a.ex": b"{:error, :worker_busy} = Snakepit.execute(a, b)\nSnakepit.HealthMonitor.x()\n"}
    )

    plan = view_of(service_to_upgrade.planned())
    view = upgrade_of(plan)

    assert (view.pool, view.before, view.after) == ("shop-pool", "0.8.8", "0.13.0")
    assert (view.expected, view.minimum, view.waves) == (2, 2, (("worker-1",), ("worker-2",)))
    assert [(group.weight, [note.place for note in group.notes], group.more) for group in view.code] == [
        ("breaks", ["lib/a.ex:1"], 0),
        ("deprecated", ["lib/a.ex:2"], 0),
    ]
    assert view.looked_at
    assert rewrite_of(plan).sections


def test_without_a_project_nobody_looked(service_to_upgrade):
    roles = {role: made for role, made in service_to_upgrade.targets.items() if role != "project"}

    view = upgrade_of(view_of(service_to_upgrade.planned(targets=roles)))

    assert (view.looked_at, view.code) == (False, ())


def test_a_plan_of_another_type_upgrades_nothing(stage):
    assert upgrade_of(revision_view(newest(stage.planned()))) is None
