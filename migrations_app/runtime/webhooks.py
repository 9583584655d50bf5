"""Events for webhooks: rows in the transaction of what happened, one for each subscription, and work for the outbox.

So an event that is committed is sent at least once, whoever dies when, and one that is rolled back never is.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from migrations_app.engine.events import Event
from migrations_app.engine.vocabulary import RunKind, StepState
from migrations_app.engine.webhooks import OF_A_RUN, WebhookKind, WebhookState, new_message_id, new_secret
from migrations_app.models import Delivery, Migration, OutgoingSecret, Run, StepRun, Webhook
from migrations_app.runtime import outbox, outgoing, secrets
from migrations_app.runtime.audit import instant
from migrations_app.runtime.settings import current

ADDRESS, SECRET, EARLIER_SECRET = "address", "secret", "earlier-secret"
PROGRESS_NAME = "progress_webhook of the settings"
_OF_PROGRESS = sorted({kind.value for kind in OF_A_RUN.values()})


def announce(kind: WebhookKind, data: Mapping[str, Any], *, environment_id: int | None, now: datetime) -> int:
    """In the caller's transaction. `data` is JSON-ready and free of secrets. Returns how many will be told."""
    told = [hook for hook in _subscribed(environment_id, now) if kind in hook.kinds]
    if told:
        body = body_of(kind, data, now)
        for hook in told:
            put(hook, kind, body, now=now)
    return len(told)


def announce_run(run_id: int, kind: RunKind, event: Event) -> None:
    """In the event's transaction; nothing for events that no subscription can name."""
    told_as = OF_A_RUN.get(event.type)
    if told_as is None:
        return
    run = Run.objects.select_related("migration__environment").get(pk=run_id)
    hooks = [hook for hook in _subscribed(run.environment_id, event.at) if told_as in hook.kinds]
    if not hooks or (told_as is WebhookKind.RUN_PROGRESS and not _reports_progress(run)):
        return
    body = body_of(told_as, run_facts(run, kind) | {"seq": event.seq, "step": event.step}, event.at)
    for hook in hooks:
        put(hook, told_as, body, now=event.at)


def _reports_progress(run: Run) -> bool:
    """The option of the plan that was signed: without it, receivers hear how a run begins and ends, not its steps."""
    return bool(run.revision.content["options"].get("progress_reporting", True))


def announce_review(kind: WebhookKind, migration: Migration, *, now: datetime, by: str = "") -> None:
    announce(
        kind,
        {"migration": migration_facts(migration), "review_state": str(migration.review_state), "by": by},
        environment_id=migration.environment_id,
        now=now,
    )


def migration_facts(migration: Migration) -> dict[str, Any]:
    return {
        "id": migration.pk,
        "title": migration.title,
        "type": str(migration.type),
        "environment": migration.environment.name,
        "path": f"/migrations/{migration.pk}/",
    }


def run_facts(run: Run, kind: RunKind) -> dict[str, Any]:
    """`progress` is in steps. What a step says of itself stays on the run's page: an error may quote data."""
    rows = StepRun.objects.filter(run=run, partition=0)
    states = list(rows.values_list("state", flat=True))
    done = sum(state in (StepState.SUCCEEDED, StepState.SKIPPED) for state in states)
    return {
        "migration": migration_facts(run.migration),
        "run": {"id": run.pk, "kind": str(kind), "state": str(run.state), "path": f"/runs/{run.pk}/"},
        "progress": {"completed_steps": done, "total_steps": len(states)},
    }


def body_of(kind: WebhookKind, data: Mapping[str, Any], now: datetime) -> str:
    return json.dumps({"type": kind.value, "timestamp": instant(now), "data": data}, ensure_ascii=False)


def put(hook: Webhook, kind: WebhookKind, body: str, *, now: datetime) -> Delivery:
    """A message of its own for one subscription, in the caller's transaction."""
    delivery = Delivery.objects.create(
        webhook=hook, message=new_message_id(), kind=kind, body=body, due_at=now, created_at=now
    )
    outbox.put(outbox.DELIVER_WEBHOOK, [delivery.pk], now=now)
    return delivery


def keep_secret(owner: str, name: str, clear: str, *, at: datetime) -> None:
    sealed = secrets.seal(clear, context=secrets.outgoing_context(owner, name))
    OutgoingSecret.objects.update_or_create(
        owner=owner,
        name=name,
        defaults={"key_id": sealed.key_id, "sealed": sealed.data, "wrapped": sealed.wrapped, "changed_at": at},
    )


def forget_secret(owner: str, name: str) -> None:
    OutgoingSecret.objects.filter(owner=owner, name=name).delete()


def secrets_of(owner: str) -> dict[str, str]:
    """Name -> clear text. Raises SecretUnreadable."""
    return {
        row.name: secrets.unseal(secrets.sealed_in(row), context=secrets.outgoing_context(owner, row.name))
        for row in OutgoingSecret.objects.filter(owner=owner)
    }


def _subscribed(environment_id: int | None, now: datetime) -> list[Webhook]:
    if current().progress_webhook:
        follow_settings(now)
    here = Q(environment=None) | Q(environment=environment_id)
    return list(Webhook.objects.filter(here, state=WebhookState.ACTIVE, archived_at=None))


def follow_settings(now: datetime) -> None:
    """`progress_webhook` of the settings is a subscription like others, of every run's events in every environment."""
    url = current().progress_webhook
    row = Webhook.objects.filter(from_settings=True).first()
    if not url:
        Webhook.objects.filter(from_settings=True, archived_at=None).update(archived_at=now)
        return
    if row is not None and row.archived_at is None and _is_known_as(row, url):
        return
    name = _free_name()
    row, made = Webhook.objects.update_or_create(
        from_settings=True,
        defaults={"name": name, "address": outgoing.shown(url)[:300], "state": WebhookState.ACTIVE}
        | {"archived_at": None, "changed_at": now, "failures": 0, "failing_since": None, "rests_until": None},
        create_defaults={
            "name": name,
            "kinds": _OF_PROGRESS,
            "address": outgoing.shown(url)[:300],
            "from_settings": True,
            "created_at": now,
            "changed_at": now,
        },
    )
    if made:
        keep_secret(row.owner, SECRET, new_secret(), at=now)
    keep_secret(row.owner, ADDRESS, url, at=now)


def _is_known_as(row: Webhook, url: str) -> bool:
    """Also where its key is gone: an event of a run waits for no webhook. Its messages wait until the key is back."""
    try:
        return secrets_of(row.owner).get(ADDRESS) == url
    except secrets.SecretUnreadable:
        return True


def _free_name() -> str:
    """People may have given a webhook of theirs the name that this one has by itself."""
    others = Webhook.objects.filter(name__startswith=PROGRESS_NAME, archived_at=None)
    taken = set(others.filter(from_settings=False).values_list("name", flat=True))
    names = (PROGRESS_NAME, *(f"{PROGRESS_NAME} ({number})" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
