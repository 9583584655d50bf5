from io import StringIO

import pytest
from django.core.management import call_command

from migrations_app.models import SealedSecret
from migrations_app.runtime import secrets
from tests.runs import AT, target

OLD, NEW, LOST = "an older key", "the current key", "a key that is gone"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.SNAKEWEB_SECRET_KEYS = (OLD,)
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"
    return settings


def ran(*arguments: str) -> tuple[int, str, str]:
    """(exit status, output, complaints)"""
    out, err = StringIO(), StringIO()
    try:
        call_command("rotate_secrets", *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_looking_moving_and_looking_again(keys):
    row = target("sessions")
    secrets.store(target_id=row.pk, name="password", clear="one", at=AT)
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)
    old = f"{secrets.key_id(OLD)} (key 2): 1 target credentials"

    status, said, _ = ran("--check")
    assert (status, SealedSecret.objects.get().key_id) == (0, secrets.key_id(OLD))
    assert old in said
    assert "1 to move" in said

    assert ran()[:2] == (0, "target credentials: 1 looked at, 1 moved\n1 moved to the first key.\n")

    status, said, _ = ran("--check")
    assert status == 0
    assert f"{secrets.key_id(OLD)} (key 2): nothing" in said
    assert "0 to move" in said


def test_what_no_key_opens_is_an_exit_status_and_named(keys):
    row = target("sessions")
    secrets.store(target_id=row.pk, name="password", clear="one", at=AT)
    keys.SNAKEWEB_SECRET_KEYS = (LOST,)

    status, said, complaints = ran()
    assert status == 1
    assert "password of target sessions in dev" in complaints
    assert "0 moved" in said
    status, said, complaints = ran("--check")
    assert status == 1
    assert "(not in SNAKEWEB_SECRET_KEYS): 1 target credentials" in said
    assert "rotate_secrets names them" in complaints
