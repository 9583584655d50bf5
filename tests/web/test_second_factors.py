import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from migrations_app.runtime import secrets
from tests.cast import PASSWORD
from tests.web.door import signed_in


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()
    yield
    cache.clear()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.django_db
def test_a_code_of_the_phone_is_taken_and_its_secret_is_not_in_the_database(people):
    secret = "JBSWY3DPEHPK3PXP"

    TOTP.activate(people["approver"], secret)

    row = Authenticator.objects.get()
    assert secret not in str(row.data)
    assert TOTP(row).validate_code(code_of(secret))
    assert not TOTP(row).validate_code("000000" if code_of(secret) != "000000" else "111111")


@pytest.mark.django_db
def test_recovery_codes_come_from_a_sealed_seed_and_stay_the_same_after_a_rotation(people, settings):
    codes = RecoveryCodes.activate(people["approver"])
    before = codes.generate_codes()
    old = settings.SNAKEWEB_SECRET_KEYS[0]
    settings.SNAKEWEB_SECRET_KEYS = ("the current key", old)

    row = Authenticator.objects.get()
    row.data["seed"] = secrets.rewrap_factor(row.data["seed"])
    row.save()

    settings.SNAKEWEB_SECRET_KEYS = ("the current key",)
    assert RecoveryCodes(Authenticator.objects.get()).generate_codes() == before


@pytest.mark.django_db
def test_the_page_of_security_keys_opens(people):
    assert signed_in("approver").get("/accounts/2fa/webauthn/").status_code == 200


@pytest.mark.django_db
def test_a_wrong_code_says_what_to_try_next(people):
    TOTP.activate(people["approver"], "JBSWY3DPEHPK3PXP")
    client = Client()
    client.post("/accounts/login/", {"login": "approver", "password": PASSWORD})

    answer = client.post("/accounts/2fa/authenticate/", {"code": "not one"})

    assert "a recovery code that you have not used" in answer.content.decode()


@pytest.mark.django_db
def test_recovery_codes_are_shown_with_how_many_are_left(people):
    codes = RecoveryCodes.activate(people["approver"])
    client = Client()
    client.force_login(people["approver"])
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert codes.validate_code(codes.generate_codes()[0])

    page = client.get("/accounts/2fa/recovery-codes/").content.decode()

    assert "9 of 10 are left" in page
    assert codes.get_unused_codes()[0] in page
