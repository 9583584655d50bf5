import json

import pytest
from django.db import transaction

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import Delivery, Environment, OutboxRow, OutgoingSecret, PlanRevision, Webhook
from migrations_app.runtime import webhooks
from migrations_app.runtime.secrets import SecretUnreadable
from tests.runs import AT, a_run, environment
from tests.runtime.test_journal import opened

pytestmark = pytest.mark.django_db

STARTED = NewEvent(EventType.RUN_STARTED)
FAILED = NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "row 'hunter2' was refused"}})


def hook(name: str, *kinds: str, of: Environment | None = None, **more: object) -> Webhook:
    return Webhook.objects.create(
        name=name, kinds=list(kinds), address="https://x/", environment=of, created_at=AT, changed_at=AT, **more
    )


def test_what_happens_to_a_run_is_told_to_those_who_asked_for_it_there() -> None:
    run = a_run()
    elsewhere = environment("elsewhere")
    hook("all", "run.started", "run.failed")
    hook("here", "run.failed", of=run.migration.environment)
    hook("elsewhere", "run.failed", of=elsewhere)
    hook("off", "run.failed", state="switched_off")
    hook("archived", "run.failed", archived_at=AT)
    hook("other", "run.succeeded")
    opened(run).append([STARTED, FAILED])

    told = [(row.webhook.name, row.kind) for row in Delivery.objects.order_by("pk")]
    assert told == [("all", "run.started"), ("all", "run.failed"), ("here", "run.failed")]
    assert len({row.message for row in Delivery.objects.all()}) == 3
    assert OutboxRow.objects.filter(task="snakeweb.deliver_webhook").count() == 3
    body = json.loads(Delivery.objects.get(webhook__name="here").body)
    assert (body["type"], body["data"]["run"]["id"], body["data"]["seq"]) == ("run.failed", run.pk, run.last_seq + 2)
    assert body["data"]["migration"]["title"] == "Move sessions"
    assert "hunter2" not in json.dumps(body)


@pytest.mark.parametrize("reported", [True, False])
def test_of_its_steps_a_run_tells_where_its_plan_says_so(reported: bool) -> None:
    run = a_run()
    content = {**run.revision.content, "options": {**run.revision.content["options"], "progress_reporting": reported}}
    # What is signed is never changed; here it stands for another plan that was.
    PlanRevision.objects.filter(pk=run.revision_id).update(content=content)
    hook("all", "run.started", "run.progress")
    step = content["steps"][0]["id"]
    opened(run).append(
        [
            STARTED,
            NewEvent(EventType.STEP_STARTED, step, attempt=1),
            NewEvent(EventType.STEP_SUCCEEDED, step, attempt=1),
        ]
    )

    told = list(Delivery.objects.order_by("pk").values_list("kind", flat=True))
    assert told == (["run.started", "run.progress"] if reported else ["run.started"])


def test_what_is_rolled_back_is_never_told() -> None:
    hook("all", "run.failed")
    with transaction.atomic():
        assert webhooks.announce(WebhookKind.RUN_FAILED, {}, environment_id=None, now=AT) == 1
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()
    assert not OutboxRow.objects.exists()


def test_secrets_are_sealed_for_their_row_alone() -> None:
    webhooks.keep_secret("webhook:1", "secret", "whsec_one", at=AT)
    webhooks.keep_secret("webhook:1", "secret", "whsec_two", at=AT)
    assert webhooks.secrets_of("webhook:1") == {"secret": "whsec_two"}
    assert b"whsec" not in bytes(OutgoingSecret.objects.get().sealed)

    OutgoingSecret.objects.update(owner="webhook:2")
    with pytest.raises(SecretUnreadable):
        webhooks.secrets_of("webhook:2")


def test_progress_webhook_of_the_settings_is_a_subscription_of_every_run(settings) -> None:
    settings.SNAKEWEB_MIGRATION = {"progress_webhook": "https://monitoring.example.com/progress?key=s3cret"}
    run = a_run()
    opened(run).append([STARTED, NewEvent(EventType.STEP_STARTED, "one", attempt=1)])
    opened_again = Webhook.objects.get()

    assert opened_again.address.startswith("https://monitoring.example.com/…")
    assert "run.started" in list(Delivery.objects.values_list("kind", flat=True))
    known = webhooks.secrets_of(opened_again.owner)
    assert known["address"].endswith("?key=s3cret")
    assert known["secret"].startswith("whsec_")

    settings.SNAKEWEB_MIGRATION = {"progress_webhook": "https://other.example.com/"}
    webhooks.follow_settings(AT)
    assert webhooks.secrets_of(opened_again.owner)["address"] == "https://other.example.com/"
    assert webhooks.secrets_of(opened_again.owner)["secret"] == known["secret"]
    settings.SNAKEWEB_MIGRATION = {}
    webhooks.follow_settings(AT)
    assert Webhook.objects.get().archived_at is not None


def test_a_run_goes_on_where_the_webhook_of_the_settings_cannot_be_opened_or_named(settings) -> None:
    """An admin has given that name to a webhook of theirs; later a key is missing from the settings."""
    settings.SNAKEWEB_MIGRATION = {"progress_webhook": "https://monitoring.example.com/progress?key=s3cret"}
    hook(webhooks.PROGRESS_NAME, "run.failed")
    run = opened(a_run())
    run.append([STARTED])
    made = Webhook.objects.get(from_settings=True)
    assert made.name == f"{webhooks.PROGRESS_NAME} (2)"

    kept = list(OutgoingSecret.objects.values_list("name", "sealed").order_by("pk"))
    settings.SNAKEWEB_SECRET_KEYS = ("another key",)
    run.append([FAILED])
    assert Delivery.objects.filter(webhook=made, kind="run.failed").exists()
    assert list(OutgoingSecret.objects.values_list("name", "sealed").order_by("pk")) == kept
