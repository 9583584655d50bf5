"""Faults of the control plane itself: its database away, answers lost, approvals replayed."""

from collections.abc import Callable

import dj_database_url
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections

from migrations_app.engine.vocabulary import Decision, RoutePhase
from migrations_app.models import AuditEntry, Migration, MigrationTarget, Run
from migrations_app.services import controller, migrations, planning, reviews, runs
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import Refused
from migrations_app.testing.proxy import TcpProxy
from migrations_app.testing.servers import PostgresServer
from tests import policies
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import audited, judge
from tests.faults.zero_downtime.plane import Plane, now
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import Stage, stage
from tests.faults.zero_downtime.traps import Trap


def use_database(url: str) -> None:
    """This process goes by another control database from now on."""
    connections[DEFAULT_DB_ALIAS].close()
    settings.DATABASES["default"].clear()
    settings.DATABASES["default"].update(dj_database_url.parse(url, conn_max_age=0))
    connections.configure_settings(settings.DATABASES)
    del connections[DEFAULT_DB_ALIAS]


@fault("F16")
def database_down(rig: Rig) -> None:
    """Sessions go on in each steady phase, first without the database, then without any process of the control plane;
    nothing moves, and everything recovers without anybody's action."""
    with PostgresServer(rig.directory / "control") as server, TcpProxy(server.host, server.port) as proxy:
        use_database(server.url)
        call_command("migrate", verbosity=0)
        through = server.url.replace(f":{server.port}/", f":{proxy.port}/")
        try:
            with stage(rig, database_url=through) as at, at.journey("redis", "redis") as journey:
                journey.traffic.start(journey.busy)
                _down(rig, journey, proxy, "plain_a")
                _gone(rig, journey, "plain_a")
                journey.execute()
                journey.until_dual()
                _down(rig, journey, proxy, "dual_a")
                _gone(rig, journey, "dual_a")
                journey.over()
                _down(rig, journey, proxy, "dual_b")
                _gone(rig, journey, "dual_b")
                journey.back()
                judge(journey)
        finally:
            connections[DEFAULT_DB_ALIAS].close()


def _down(rig: Rig, journey: Journey, proxy: TcpProxy, phase: str) -> None:
    """Its database takes no connection."""
    with rig.about(f"{phase}, no database"):
        proxy.refuse()
        _serve_on(rig, journey, 3.0 if rig.quick else rig.seconds(300, 3))
        proxy.heal()


def _gone(rig: Rig, journey: Journey, phase: str) -> None:
    """Every process of it is killed, the broker too, and started again after a while."""
    with rig.about(f"{phase}, no process"):
        journey.plane.kill()
        _serve_on(rig, journey, 3.0 if rig.quick else rig.seconds(600, 6))
        journey.plane.start_again()
        rig.add(killed_whole=1)


def _serve_on(rig: Rig, journey: Journey, seconds: float) -> None:
    before = journey.record.epoch
    done = len(journey.traffic.operations())
    rig.watch(seconds)
    used = len(journey.traffic.operations()) - done
    rig.add(operations_meanwhile=used, away_s=round(seconds, 1))
    rig.expect(used > 20 * seconds, f"only {used} operations while the control plane was away")
    rig.expect(journey.record.epoch == before, "the route moved while nobody was there to move it")


@fault("F17")
def answers_lost(rig: Rig) -> None:
    """A fence is raised, a page adopted, a mark acknowledged: the effect took place, its answer did not arrive."""
    with stage(rig, workers=0) as at, at.journey("~redis", "~redis", canary_soak_ms=0) as journey:
        trap = Trap(rig, "hand_off.published", nth=2)
        at.plane.start_workers("worker-1", crash_at=trap.armed)
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.wait(lambda: journey.step_state("dual_write") == "succeeded", 60, "both to be kept level")
        for proxy in (journey.a.proxy, journey.b.proxy):
            assert proxy is not None
            proxy.drop_answer(b"EVALSHA", times=6, skip=rig.chance.randrange(10))
        journey.until_dual()
        rig.count(answers_lost=_fired(journey))
        journey.hand_over()
        trap.wait()
        assert journey.a.proxy is not None
        journey.a.proxy.drop_answer(b"snakeweb:gate:", times=1)
        trap.open()
        journey.over()
        rig.count(answers_lost=_fired(journey))
        rig.expect(_fired(journey) > 0, "O8 no answer was lost")
        epochs = [part.epoch for part in journey.record.ranges]
        fences = journey.b.fences()
        rig.expect(all(fence <= max(epochs) for fence in fences), "a fence is above every published epoch")
        judge(journey)


def _fired(journey: Journey) -> int:
    return sum(place.proxy.fired for place in (journey.a, journey.b) if place.proxy is not None)


@fault("F29")
def approval_replayed(rig: Rig) -> None:
    """Signed was another plan, or the author signed: nothing is executed, the refusal is recorded, no store touched."""
    with Plane(rig) as plane:
        plane.ready()
        policies.in_force((plane.actor("admin"), plane.actor("second_admin")), now())
        at = Stage(rig, plane)
        with at.journey("redis", "redis") as journey:
            before = journey.a.contents(), journey.b.contents()
            options = {"zero_downtime": True, "approval_required": True}
            spec = {
                "type": "session_migration",
                "environment": "dev",
                "source": journey.a.name,
                "target": journey.b.name,
                "parameters": {"route": journey.name},
                "options": options,
            }
            migration, plan = controller.plan_migration(actor=plane.actor(), now=now(), spec=spec)
            reviews.submit(actor=plane.actor(), now=now(), migration_id=migration)
            _refused(rig, "the author signs", lambda: _sign(plane, "operator", migration, plan["digest"]))
            _sign(plane, "approver", migration, plan["digest"])
            _edit(plane, migration, journey, options)
            planning.plan(actor=plane.actor(), now=now(), migration_id=migration)
            _refused(rig, "an edited plan is executed", lambda: _execute(plane, migration, ""))
            _refused(rig, "the old digest is executed", lambda: _execute(plane, migration, plan["digest"]))
            rig.expect(not Run.objects.exists(), "a run was made")
            rig.expect((journey.a.contents(), journey.b.contents()) == before, "a store was touched")
            rig.expect(journey.record.phase is RoutePhase.PLAIN_A, "the route moved")
            for problem in audited():
                rig.expect(False, problem)


def _edit(plane: Plane, migration: int, journey: Journey, options: dict[str, object]) -> None:
    row = Migration.objects.get(pk=migration)
    draft = MigrationDraft(
        title=row.title,
        environment_id=plane.environment.pk,
        type=row.type,
        handler=row.handler,
        targets=dict(MigrationTarget.objects.filter(migration=row).values_list("role", "target_id")),
        parameters={"route": journey.name, "soak_ms": 1},
        options=options,
        description="",
    )
    migrations.edit(actor=plane.actor(), now=now(), migration_id=migration, version=row.version, draft=draft)


def _sign(plane: Plane, who: str, migration: int, digest: str) -> None:
    reviews.decide(
        actor=plane.actor(who), now=now(), migration_id=migration, digest=digest, decision=Decision.APPROVE, comment=""
    )


def _execute(plane: Plane, migration: int, digest: str) -> None:
    runs.execute_migration(actor=plane.actor(), now=now(), migration_id=migration, digest=digest)


def _refused(rig: Rig, what: str, act: Callable[[], object]) -> None:
    before = AuditEntry.objects.count()
    try:
        act()
    except Refused:
        rig.add(refused=1)
        rig.expect(AuditEntry.objects.count() > before, f"no entry of the audit says that {what} was refused")
    else:
        rig.expect(False, f"{what}: it was not refused")
