"""Notifications that a run itself causes: to the person who started it and those who follow the migration.

In the event's transaction.
"""

from collections.abc import Mapping

from migrations_app.engine.events import Event, EventType
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import NoticeKind, Notification, Run, followers
from migrations_app.runtime import outbox
from migrations_app.runtime.settings import current

_TEXTS: Mapping[EventType, tuple[str, str]] = {
    EventType.RUN_SUCCEEDED: ("run_succeeded", "“{title}”: {run} succeeded."),
    EventType.RUN_ROLLED_BACK: ("run_rolled_back", "“{title}”: {run} was rolled back; everything is as before."),
    EventType.RUN_CANCELLED: ("run_cancelled", "“{title}”: {run} was cancelled."),
    EventType.RUN_FAILED: (NoticeKind.RUN_FAILED, "“{title}”: {run} failed; its page says why."),
    EventType.RUN_STUCK: (NoticeKind.RUN_STUCK, "“{title}”: {run} is stuck; its page says exactly what to do by hand."),
    EventType.CONFIRMATION_WANTED: (NoticeKind.CONFIRMATION_WANTED, "“{title}”: {run} waits for your confirmation."),
}
_MAILED = frozenset({EventType.RUN_FAILED, EventType.RUN_STUCK, EventType.CONFIRMATION_WANTED})
_NAMES: Mapping[RunKind, str] = {
    RunKind.DRY_RUN: "dry run",
    RunKind.REHEARSAL: "rehearsal",
    RunKind.ROLLBACK: "rollback",
}
_ACTED_ON: Mapping[EventType, str] = {
    EventType.CONFIRMATION_GIVEN: NoticeKind.CONFIRMATION_WANTED,
    EventType.RUN_RESUMED: NoticeKind.RUN_FAILED,
    EventType.ROLLBACK_STARTED: NoticeKind.RUN_STUCK,
}
TEXT_LENGTH = 300
WATCHED = "watched"


def announce(run_id: int, kind: RunKind, event: Event) -> None:
    if event.type in _ACTED_ON:
        answered = Notification.objects.filter(run_id=run_id, kind=_ACTED_ON[event.type], done_at=None)
        answered.update(done_at=event.at)
    if event.type not in _TEXTS:
        return
    run = Run.objects.select_related("migration", "started_by").get(pk=run_id)
    name, text = _TEXTS[event.type]
    shown = text.format(title=run.migration.title, run=f"{_NAMES.get(kind, 'run')} {run_id}")
    if name == NoticeKind.RUN_FAILED:  # the newest failure is the one to act on
        Notification.objects.filter(migration_id=run.migration_id, kind=name, done_at=None).update(done_at=event.at)
    notification = Notification.objects.create(
        person_id=run.started_by_id,
        kind=name,
        text=shown if len(shown) <= TEXT_LENGTH else shown[: TEXT_LENGTH - 1] + "…",
        migration_id=run.migration_id,
        run_id=run_id,
        created_at=event.at,
    )
    Notification.objects.bulk_create(
        [
            Notification(
                person=person,
                kind=WATCHED,
                text=notification.text,
                migration_id=run.migration_id,
                run_id=run_id,
                created_at=event.at,
            )
            for person in followers(run.migration)
            if person.pk != run.started_by_id
        ]
    )
    if event.type in _MAILED and current().alert_on_failure and run.started_by.email:
        outbox.put_mail(notification_id=notification.pk, now=event.at)
