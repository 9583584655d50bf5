"""The lock-out at the pages: passwords, codes, and showing once more that it is them."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from migrations_app.selectors.lockouts import TRIES_HERE
from tests.cast import PASSWORD, Cast
from tests.web.door import five_minutes_later, signed_in

pytestmark = pytest.mark.django_db
LOCKED = "Too many wrong tries."


def enter(login: str, password: str, address: str = "192.0.2.1", client: Client | None = None) -> str:
    """What the login page says, '' once it let somebody in."""
    answer = (client or Client()).post("/accounts/login/", {"login": login, "password": password}, REMOTE_ADDR=address)
    return "" if answer.status_code == 302 else answer.content.decode()


def test_whoever_guesses_is_told_plainly_and_the_same_for_a_name_that_nobody_has(cast: Cast) -> None:
    said = []
    for login in ("viewer", "nobody-of-this-name"):
        for _ in range(TRIES_HERE):
            assert "is not right" in enter(login, "wrong")
        said.append(enter(login, PASSWORD))

    assert all(LOCKED in text and "is not right" not in text for text in said)
    notices = [text[text.index(LOCKED) : text.index("UTC", text.index(LOCKED))] for text in said]
    assert notices[0][:-6] == notices[1][:-6]  # but for the minute
    assert enter("viewer@example.org", PASSWORD) != ""  # the same account by its other name
    assert enter("viewer", PASSWORD, address="192.0.2.2") == ""  # its person, who is elsewhere
    assert enter("operator", PASSWORD) == ""


def test_a_forged_header_is_no_other_address(cast: Cast) -> None:
    for n in range(TRIES_HERE):
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{n}"})
        assert enter("viewer", "wrong", client=client)
    assert LOCKED in enter("viewer", PASSWORD, client=Client(headers={"X-Forwarded-For": "203.0.113.99"}))


def test_wrong_codes_count_although_the_password_was_right(cast: Cast) -> None:
    person = cast.people["viewer"]
    TOTP.activate(person, generate_totp_secret())
    codes = RecoveryCodes.activate(person).get_unused_codes()
    tries = 0
    while True:
        client = Client()
        assert enter("viewer", PASSWORD, client=client) == ""  # as often as one likes: it gives no tries back
        answer = client.post("/accounts/2fa/authenticate/", {"code": "000000"}, REMOTE_ADDR="192.0.2.1")
        if LOCKED in answer.content.decode():
            break
        tries += 1
        assert tries <= TRIES_HERE
        if tries == TRIES_HERE:
            assert LOCKED in enter("viewer", PASSWORD)
            answer = client.post("/accounts/2fa/authenticate/", {"code": codes[0]}, REMOTE_ADDR="192.0.2.1")
            assert LOCKED in answer.content.decode()  # a right one is not looked at either
            break

    client = Client()
    assert enter("viewer", PASSWORD, address="192.0.2.2", client=client) == ""
    answer = client.post("/accounts/2fa/authenticate/", {"code": codes[0]}, REMOTE_ADDR="192.0.2.2")
    assert answer.status_code == 302
    assert client.get("/settings/").status_code == 200


def test_showing_ones_password_again_counts_too(cast: Cast) -> None:
    client = signed_in("viewer")
    five_minutes_later(client)
    for _ in range(TRIES_HERE):
        answer = client.post("/accounts/reauthenticate/", {"password": "wrong"})
        assert LOCKED not in answer.content.decode()
    assert LOCKED in client.post("/accounts/reauthenticate/", {"password": PASSWORD}).content.decode()
    assert client.get("/settings/").status_code == 200  # the session stays


def test_an_admin_sees_it_and_lifts_it(cast: Cast) -> None:
    for _ in range(TRIES_HERE):
        enter("viewer", "wrong")
    admin, operator = signed_in("admin"), signed_in("operator")
    page = admin.get("/settings/people/")
    assert "Locked out now" in page.content.decode()
    (lock,) = page.context["lockouts"]

    operator.post(f"/settings/people/locks/{lock.id}/lift/")
    assert LOCKED in enter("viewer", PASSWORD)
    assert admin.post(f"/settings/people/locks/{lock.id}/lift/")["Location"] == "/settings/people/"

    assert "Locked out now" not in admin.get("/settings/people/").content.decode()
    assert enter("viewer", PASSWORD) == ""
