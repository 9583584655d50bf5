import json
import threading
from datetime import datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from migrations_app.models import AuditEntry, SealedSecret
from migrations_app.runtime import secrets
from migrations_app.services import secret_rotation
from migrations_app.services.actor import SYSTEM
from migrations_app.services.secret_rotation import rotate
from tests.runs import AT, target

OLD, NEW, LOST = "an older key", "the current key", "a key that is gone"


@pytest.fixture
def keys(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> LazySettings:
    monkeypatch.setattr(secret_rotation, "AT_ONCE", 2)
    settings.SNAKEWEB_SECRET_KEYS = (OLD,)
    return settings


def five_credentials() -> int:
    """Returns the target's id."""
    row = target("sessions")
    for number in range(5):
        secrets.store(target_id=row.pk, name=f"p{number}", clear=f"clear {number}", at=AT)
    return row.pk


def under(key: str) -> int:
    return SealedSecret.objects.filter(key_id=secrets.key_id(key)).count()


def moved_by_audit() -> int:
    entries = AuditEntry.objects.filter(action="secrets.rotate")
    return sum(json.loads(bytes(entry.body))["after"]["moved"] for entry in entries)


@pytest.mark.django_db
def test_everything_goes_over_in_batches_and_each_is_audited(keys: LazySettings, now: datetime) -> None:
    owner = five_credentials()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    assert [batch.moved for batch in rotate(actor=SYSTEM, now=now)] == [2, 2, 1]
    assert sum(batch.moved for batch in rotate(actor=SYSTEM, now=now)) == 0

    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    assert secrets.reveal_all(owner) == {f"p{number}": f"clear {number}" for number in range(5)}
    assert moved_by_audit() == 5


@pytest.mark.django_db
def test_killed_after_any_batch_it_goes_on(keys: LazySettings, now: datetime) -> None:
    owner = five_credentials()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    next(rotate(actor=SYSTEM, now=now))
    assert (under(NEW), under(OLD)) == (2, 3)
    assert len(secrets.reveal_all(owner)) == 5
    assert sum(batch.moved for batch in rotate(actor=SYSTEM, now=now)) == 3


@pytest.mark.django_db
def test_killed_within_a_batch_nothing_of_it_is_done(
    keys: LazySettings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    five_credentials()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    def dies(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(secret_rotation.audit, "record", dies)
    with pytest.raises(KeyboardInterrupt):
        list(rotate(actor=SYSTEM, now=now))

    assert (under(NEW), under(OLD)) == (0, 5)


@pytest.mark.django_db
def test_what_no_listed_key_opens_is_named_and_stays_and_the_others_go_over(keys: LazySettings, now: datetime) -> None:
    owner = five_credentials()
    keys.SNAKEWEB_SECRET_KEYS = (LOST,)
    secrets.store(target_id=owner, name="p1", clear="of a lost key", at=AT)
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    batches = list(rotate(actor=SYSTEM, now=now))

    assert sum(batch.moved for batch in batches) == 4
    (unreadable,) = [name for batch in batches for name in batch.unreadable]
    assert "p1 of target sessions in dev" in unreadable
    assert secrets.key_id(LOST) in unreadable
    assert (under(NEW), under(LOST)) == (4, 1)


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_two_at_once_move_each_credential_once(keys: LazySettings, now: datetime) -> None:
    owner = five_credentials()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)
    moved, begin = [], threading.Barrier(2)

    def one() -> None:
        begin.wait()
        moved.append(sum(batch.moved for batch in rotate(actor=SYSTEM, now=now)))
        connection.close()

    both = [threading.Thread(target=one) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sum(moved) == 5 == moved_by_audit()
    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    assert len(secrets.reveal_all(owner)) == 5
