"""One of everything, in production, and people whose roles are there, elsewhere or everywhere. Made once a module."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.db import transaction
from django.utils import timezone

from migrations_app.engine.vocabulary import Role, RoutePhase, RunKind
from migrations_app.models import (
    Alert,
    AlertChannel,
    AlertRule,
    AuditEntry,
    AuditExport,
    BreakGlass,
    Environment,
    Freeze,
    MaintenanceWindow,
    MigrationDependency,
    Notification,
    Person,
    Policy,
    ReportFile,
    RiskWaiver,
    RoleGrant,
    Route,
    Run,
    SavedFilter,
    Schedule,
    Sketch,
)
from migrations_app.models.stored_secret import StoredSecret
from migrations_app.models.webhook import Delivery, Webhook
from migrations_app.services import invitations, tokens
from tests.cast import NOW, gather
from tests.doors import furnishing
from tests.stores_on_disk import newest, stage

HERE, ELSEWHERE, EVERYWHERE = "here", "elsewhere", "everywhere"


@dataclass(frozen=True)
class Scene:
    """`numbers`: what stands in for each name in an address. `people` by role ('' for none) and where it is held."""

    production: Environment
    numbers: dict[str, Any]
    people: dict[tuple[str, str], Person]
    token: str
    run: Run


@contextmanager
def rolled_back() -> Iterator[None]:
    """What is done in it is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def scene(directory: Path) -> Scene:
    now = timezone.now()
    cast = gather(NOW)
    production, staging = cast.environments["production"], cast.environments["staging"]
    there = stage(cast, production, directory, NOW)
    migration, other = there.planned(), there.planned(title="Another")
    owner = cast.people["operator"]
    run = Run.objects.create(
        migration=migration,
        environment=production,
        revision=newest(migration),
        kind=RunKind.DRY_RUN,
        state="succeeded",
        started_by=owner,
        created_at=NOW,
        started_at=NOW,
        ended_at=NOW,
    )
    dated = {"created_at": now, "changed_at": now}
    window = MaintenanceWindow.objects.create(
        environment=production,
        name="night",
        zone="UTC",
        first_date=date(2030, 1, 1),
        first_time=time(1),
        minutes=60,
        created_by=owner,
        **dated,
    )
    freeze = Freeze.objects.create(
        environment=production,
        reason="audit",
        begins_at=now,
        ends_at=now + timedelta(days=1),
        created_by=owner,
        **dated,
    )
    schedule = Schedule.objects.create(
        migration=migration,
        kind=RunKind.DRY_RUN,
        timing="at",
        due_at=now + timedelta(days=1),
        grace_minutes=10,
        created_by=owner,
        **dated,
    )
    waiver = RiskWaiver.objects.create(
        migration=migration,
        digest=newest(migration).digest,
        rule="x",
        title="x",
        evidence="x",
        weight=1,
        reason="x",
        given_by=owner,
        given_at=now,
        until=now + timedelta(days=1),
    )
    glass = BreakGlass.objects.create(migration=migration, run=run, person=owner, reason="x", at=NOW)
    hook = Webhook.objects.create(name="hook", environment=production, address="https://x.example", **dated)
    delivery = Delivery.objects.create(webhook=hook, message="msg_1", kind="x", body="{}", due_at=now, created_at=now)
    stored = StoredSecret.objects.create(name="billing", environment=production, sealed=b"", wrapped=b"", **dated)
    MigrationDependency.objects.create(migration=migration, predecessor=other, created_by=owner, created_at=now)
    channel = AlertChannel.objects.create(
        name="on call", kind="mail", address="ops@example.org", created_by=owner, changed_at=now
    )
    rule = AlertRule.objects.create(
        name="failures", cause="run_failed", environment=production, created_by=owner, **dated
    )
    alert = Alert.objects.create(
        rule=rule, about=f"run:{run.pk}", text="x", environment=production, run=run, path="/", fired_at=now, last_at=now
    )
    invited = invitations.invite(
        actor=cast.actors["admin"], now=now, email="x@example.org", role="viewer", environment_id=production.pk
    )
    made = tokens.create(actor=cast.actors["viewer"], now=now, name="x", scopes=["read"])
    people = {
        (role.value, where): _person(f"{role.value}-{where}", role, environment)
        for role in Role
        for where, environment in ((HERE, production), (ELSEWHERE, staging), (EVERYWHERE, None))
    }
    people["", HERE] = cast.people["outsider"]
    for person in people.values():
        furnishing.known_at_the_providers(person, now)
    furnishing.refused_rows(run)
    numbers = {
        "migration_id": migration.pk,
        "predecessor_id": other.pk,
        "run_id": run.pk,
        "form": "markdown",
        "target_id": there.source_id,
        "environment_id": production.pk,
        "window_id": window.pk,
        "freeze_id": freeze.pk,
        "schedule_id": schedule.pk,
        "waiver_id": waiver.pk,
        "stored_secret_id": stored.pk,
        "policy_id": Policy.objects.get(environment=production).pk,
        "number": 1,
        "before": 1,
        "after": 1,
        "seq": AuditEntry.objects.order_by("seq")[0].seq,
        "token_id": made.id,
        "webhook_id": hook.pk,
        "delivery_id": delivery.pk,
        "file_id": furnishing.written(
            ReportFile.objects.create(
                person=owner, run=run, form="pdf", asked_at=now, through=1, state=ReportFile.READY, ended_at=now
            )
        ),
        "person_id": owner.pk,
        "session_id": UserSession.objects.create(user=owner, ip="192.0.2.1", session_key="x" * 32).pk,
        "lockout_id": AccessAttempt.objects.create(
            username="somebody", ip_address="192.0.2.9", failures_since_start=99, attempt_time=now
        ).pk,
        "export_id": furnishing.written(
            AuditExport.objects.create(
                person=owner, asked_at=now, format="jsonl", through=1, state=AuditExport.READY, ended_at=now
            )
        ),
        "alert_id": alert.pk,
        "alert_rule_id": rule.pk,
        "alert_channel_id": channel.pk,
        "invitation_id": invited.id,
        "clear": invited.clear,
        "filter_id": SavedFilter.objects.create(person=owner, name="mine", query="q=x", created_at=now).pk,
        "sketch_id": Sketch.objects.create(person=owner, values={}, **dated).pk,
        "item_id": glass.pk,
        "key": "x",
        "page": "audit",
        "name": Route.objects.create(
            environment=production, name="sessions", phase=RoutePhase.PLAIN_A, authority="a", changed_at=now
        ).name,
        "client_id": "client",
        "uidb36": "1",
        "pk": 1,
        "provider": "x",
        "configuration_id": furnishing.configuration(cast, production, directory / "configuration", NOW),
        "adapter_migration_id": furnishing.adapter_migration(cast, production, directory / "adapter", NOW),
        "discarded_sketch_id": furnishing.discarded_draft(owner, now),
        "saml_answer": furnishing.saml_answer(),
        "second": 2,
        "notice_id": Notification.objects.create(person=owner, kind="x", text="x", created_at=now).pk,
    }
    return Scene(production, numbers, people, made.clear, run)


def _person(name: str, role: Role, environment: Environment | None) -> Person:
    made = Person.objects.create_user(name, f"{name}@example.org", "correct horse battery staple")
    RoleGrant.objects.create(person=made, role=role, environment=environment, granted_at=NOW)
    return made
