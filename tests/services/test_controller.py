import doctest
from datetime import UTC, datetime

import pytest

from migrations_app.models import Lease, Migration
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.services import controller, driving, targets
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.session_runs import contents, fill
from tests.stores_on_disk import target

SESSIONS = 200


def work() -> None:
    """Drive whatever is due, as workers would."""
    for _ in range(100):
        due = Lease.objects.filter(due_at__isnull=False).order_by("run", "step", "partition").first()
        if due is None:
            return
        driving.drive(scope=Scope.of(due), clock=SystemClock())
    raise TimeoutError("the runs did not end")


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_the_original_execution_example(cast, dev, admin, operator, empty_redis, empty_postgres):
    now = datetime.now(UTC)
    made = {
        name: targets.create(
            actor=admin,
            now=now,
            environment_id=dev.pk,
            name=name,
            kind="session_store",
            config=server.config(),
            secrets=server.secrets,
        )
        for name, server in (("sessions-redis", empty_redis), ("sessions-postgres", empty_postgres))
    }
    fill(empty_redis.config(), SESSIONS, empty_redis.secrets)
    before = contents(target(made["sessions-redis"]))

    names = {"operator": operator, "now": lambda: datetime.now(UTC), "work": work}
    failed, tried = doctest.testmod(controller, extraglobs=names, report=True)

    assert (failed, tried > 10) == (0, True)
    assert contents(target(made["sessions-redis"])) == before
    assert before.count == SESSIONS
    sink = contents(target(made["sessions-postgres"]))
    assert sink is None or sink.count == 0


@pytest.mark.django_db
class TestSpecs:
    def spec(self, **changes):
        given = {
            "type": "session_migration",
            "environment": "staging",
            "source": "sessions-source",
            "target": {"name": "sessions-target"},
        }
        return {**given, **changes}

    def test_a_title_is_made_where_none_is_given(self, stage, operator, now):
        migration_id, plan = controller.plan_migration(actor=operator, now=now, spec=self.spec())

        migration = Migration.objects.get(pk=migration_id)
        assert migration.title == "session_migration: sessions-source to sessions-target"
        assert (plan["migration_id"], plan["risk_level"], plan["revision"]) == (
            migration_id,
            plan["risk_assessment"]["level"],
            1,
        )
        assert plan["signature_requirements"] == [{"role": "approver", "count": 1}]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"environment": "nowhere"}, "environment"),
            ({"environment": None}, "environment"),
            ({"source": "nothing"}, "targets.source"),
            ({"source": 7}, "targets.source"),
            ({"colour": "red"}, "spec.colour"),
            ({"type": "nonsense"}, "type"),
            ({"options": {"batch_size": 0}}, "options.batch_size"),
            ({"target": "sessions-source"}, "targets.target"),
        ],
    )
    def test_bad_specs_save_nothing(self, stage, operator, now, changes, field):
        with pytest.raises(InvalidInput) as refused:
            controller.plan_migration(actor=operator, now=now, spec=self.spec(**changes))

        assert any(problem.field.startswith(field.split(".")[0]) for problem in refused.value.problems)
        assert not Migration.objects.exists()

    def test_a_spec_is_a_mapping(self, stage, operator, now):
        with pytest.raises(InvalidInput):
            controller.plan_migration(actor=operator, now=now, spec=["session_migration"])

    @pytest.mark.parametrize("opts", [{"dry_run": "yes"}, {"speed": 9}, {"digest": 5}, [1]])
    def test_bad_options_start_nothing(self, stage, operator, now, opts):
        migration = stage.planned()

        with pytest.raises(InvalidInput):
            controller.execute_migration(actor=operator, now=now, migration_id=migration.pk, opts=opts)

        assert not migration.runs.exists()

    def test_others_may_look_but_not_plan(self, stage, viewer, outsider, now):
        migration = stage.planned()

        status = controller.get_migration_status(actor=viewer, now=now, migration_id=migration.pk)
        assert (status["status"], status["progress"]["steps_total"]) == ("planned", 8)
        with pytest.raises(PermissionDenied):
            controller.plan_migration(actor=viewer, now=now, spec=self.spec())
        with pytest.raises(NotFound):
            controller.get_migration_status(actor=outsider, now=now, migration_id=migration.pk)
