import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command

from migrations_app.models import AuditEntry
from migrations_app.services import lockouts
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def test_an_account_is_unlocked_from_the_machine(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    who = lockouts.of_person(cast.people["admin"].pk, address="192.0.2.1")
    while lockouts.take(who, now=NOW) is None:
        pass
    other = lockouts.of_person(cast.people["viewer"].pk, address="192.0.2.1")
    lockouts.take(other, now=NOW)

    call_command("unlock", "admin")

    assert lockouts.take(who, now=NOW) is None
    assert AccessAttempt.objects.filter(username=other.name).exists()
    assert AuditEntry.objects.filter(action="account.unlock", outcome="allowed").exists()
    with pytest.raises(CommandError, match="nobody-of-this-name"):
        call_command("unlock", "nobody-of-this-name")
