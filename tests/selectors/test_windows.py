from datetime import datetime

import pytest

from migrations_app.models import RoleGrant
from migrations_app.selectors.windows import list_windows, rhythm, windows_of
from migrations_app.services import windows

pytestmark = pytest.mark.django_db


def test_everybody_sees_the_windows_of_the_environments_that_they_see(admin, outsider, people, now, dev, staging):
    for environment in (staging, dev):
        windows.create(
            actor=admin,
            now=now,
            environment_id=environment.pk,
            name="nightly",
            zone="UTC",
            first=datetime.fromisoformat("2026-03-01T11:00"),
            minutes=90,
            recurrence="FREQ=DAILY",
        )

    assert [row.environment for row in list_windows(actor=admin, now=now)] == ["dev", "staging"]
    assert [row.environment for row in list_windows(actor=admin, now=now, environment="staging")] == ["staging"]
    assert list_windows(actor=outsider, now=now) == ()
    RoleGrant.objects.create(person=people["outsider"], role="viewer", environment=dev, granted_at=now)
    (row,) = list_windows(actor=outsider, now=now)
    assert (row.environment, row.open_until, row.opens_at) == ("dev", now.replace(minute=30), None)
    assert [window.name for window in windows_of(dev.pk)] == ["nightly"]


def test_a_stored_rule_that_says_nothing_any_more_is_an_error_and_not_an_open_door():
    with pytest.raises(ValueError, match="no time zone"):
        rhythm("Europe/Atlantis", datetime.fromisoformat("2026-01-01T00:00"), "")
