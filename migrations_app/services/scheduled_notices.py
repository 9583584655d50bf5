"""What is told, and recorded, of runs that start and go on with nobody there."""

from datetime import datetime

from migrations_app.engine.alerts import AlertCause
from migrations_app.engine.schedules import Told
from migrations_app.engine.vocabulary import Role
from migrations_app.models import Person, Schedule, ScheduledStart, followers
from migrations_app.models.actor import SYSTEM
from migrations_app.runtime import alerting, settings
from migrations_app.services import audit, notifications
from migrations_app.services.permissions import people_with

MISSED = "schedule_missed"


def tell(schedule: Schedule, told: Told, now: datetime, start: ScheduledStart | None = None) -> None:
    """Whoever scheduled it, whoever owns the migration, and the operators of the environment."""
    if told.kind == MISSED:
        alerting.fire(AlertCause.WINDOW_MISSED, alerting.of_migration(schedule.migration, told.text), now=now)
    concerned = {person.pk: person for person in people_with(Role.OPERATOR, schedule.migration.environment_id)}
    owners = Person.objects.filter(pk__in=(schedule.created_by_id, schedule.migration.created_by_id), is_active=True)
    concerned |= {person.pk: person for person in (*owners, *followers(schedule.migration))}
    notifications.tell(
        concerned.values(),
        now=now,
        kind=told.kind,
        text=told.text,
        migration=schedule.migration,
        run=start.run if start else None,
        mail=told.alert and settings.current().alert_on_failure,
    )


def record(action: str, schedule: Schedule, now: datetime, why: str) -> None:
    audit.record(
        actor=SYSTEM,
        now=now,
        action=action,
        object_type="migration",
        object_id=schedule.migration_id,
        environment=schedule.migration.environment.name,
        reason=why,
        after={
            "title": schedule.migration.title,
            "schedule": schedule.pk,
            "kind": str(schedule.kind),
            "due_at": schedule.due_at.isoformat(),
        },
    )
