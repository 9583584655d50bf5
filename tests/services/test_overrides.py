from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from migrations_app.models import BreakGlass, MigrationWatcher, Notification, OutboxRow, Person
from tests.services.breaking import broken, opened
from tests.stores_on_disk import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def now() -> datetime:
    """Targets are looked at now."""
    return datetime.now(UTC)


def test_everybody_concerned_is_told_once_and_approvers_are_asked(stage: Stage, people: dict[str, Person]) -> None:
    migration = stage.planned()
    MigrationWatcher.objects.create(migration=migration, person=people["viewer"])
    broken(stage, migration)

    asked = Notification.objects.filter(kind="break_glass_review", migration=migration)
    told = Notification.objects.filter(kind="break_glass", migration=migration)
    assert sorted(asked.values_list("person__username", flat=True)) == ["approver", "second_approver"]
    assert sorted(told.values_list("person__username", flat=True)) == ["admin", "auditor", "operator", "viewer"]
    mails = {row.arguments[0] for row in OutboxRow.objects.filter(task="snakeweb.send_mail")}
    assert mails == set((asked | told).values_list("pk", flat=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"closed_by": "person"},
        {"closed_by": "other", "comment": "ok"},
        {"closed_by": "person", "comment": "ok", "closed_at": True},
        {"closed_at": True, "comment": "ok"},
    ],
)
def test_the_database_holds_it(stage: Stage, people: dict[str, Person], now: datetime, wrong: dict[str, Any]) -> None:
    _, item = opened(stage)
    known = {"person": item.person, "other": people["approver"], True: now}
    values = {name: known.get(value, value) for name, value in wrong.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        BreakGlass.objects.filter(pk=item.pk).update(**values)
