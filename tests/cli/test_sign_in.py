"""A person at the terminal: `approve --sign-in` signs by their own session, and never leaves one behind."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session

from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.main import main
from migrations_app.cli.sign_in import Proof, signed_in
from migrations_app.models import AuditEntry, Environment, Person, Signature
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.testing.servers import RedisServer
from tests.api.door import EVERY_SCOPE
from tests.api.stage import ran, stage
from tests.cast import PASSWORD, Cast
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, django_db_setup: None) -> Iterator[Web]:
    with web_process(tmp_path_factory.mktemp("web"), redis_server.url) as web:
        yield web


@pytest.fixture
def plan(
    tmp_path: Path, operator: Actor, admin: Actor, staging: Environment, cast: Cast, web: Web,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, str]:  # fmt: skip
    """In review in staging: id and digest. The environment has the approver's token, with every scope."""
    for person in cast.people.values():  # the tests' own hasher is none that the product takes
        Person.objects.filter(pk=person.pk).update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt"))
    here = stage(tmp_path, operator, admin, staging)
    migration_id, digest = here.planned()
    ran(here.operator.post(f"/migrations/{migration_id}/validate"))
    assert here.operator.post(f"/migrations/{migration_id}/submit", {"digest": digest}).status == 200
    given = tokens.create(actor=cast.actors["approver"], now=datetime.now(UTC), name="for a test", scopes=EVERY_SCOPE)
    monkeypatch.setenv("SNAKEWEB_URL", web.url)
    monkeypatch.setenv("SNAKEWEB_TOKEN", given.clear)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return str(migration_id), digest


def signed_in_now() -> list[Session]:
    """Sessions of somebody; one in which a second factor is still wanted is nobody's."""
    return [session for session in Session.objects.all() if "_auth_user_id" in session.get_decoded()]


def approve(plan: tuple[str, str], tmp_path: Path, password: str, *words: str, name: str = "approver") -> int:
    (tmp_path / "password").write_text(password)
    known = ["--digest", plan[1], "--sign-in", name, "--password-file", str(tmp_path / "password")]
    return main(["approve", plan[0], *known, *words])


def test_who_signs_in_signs_and_no_session_is_left(plan: tuple[str, str], tmp_path: Path, capsys) -> None:
    assert approve(plan, tmp_path, "not it") == Exit.SIGN_IN
    said = capsys.readouterr().err
    assert "The name or the password is not right" in said
    assert "Nobody is signed in" in said
    assert approve((plan[0], "0" * 64), tmp_path, PASSWORD) == Exit.REFUSED
    assert not Signature.objects.exists()

    assert approve(plan, tmp_path, PASSWORD, "--comment", "Read it.") == Exit.OK

    signature = Signature.objects.get()
    assert (signature.person.username, signature.decision, signature.digest) == ("approver", "approve", plan[1])
    assert not signed_in_now()
    entry = AuditEntry.objects.filter(action="review.approve").latest("seq")
    assert b'"token":""' in bytes(entry.body)
    assert "is approved" in capsys.readouterr().out


def test_whose_second_factor_is_wanted_gives_it_too(
    plan: tuple[str, str], tmp_path: Path, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    TOTP.activate(cast.people["approver"], generate_totp_secret())
    recovery = RecoveryCodes.activate(cast.people["approver"])  # unlike the phone's, these do not pass with the time
    code = tmp_path / "code"

    code.write_text("000000")
    assert approve(plan, tmp_path, PASSWORD, "--code-file", str(code)) == Exit.SIGN_IN
    assert "second factor of approver was not accepted" in capsys.readouterr().err
    assert not Signature.objects.exists()

    code.write_text(recovery.generate_codes()[0])
    assert approve(plan, tmp_path, PASSWORD, "--code-file", str(code)) == Exit.OK
    assert Signature.objects.count() == 1
    assert not signed_in_now()


def test_who_may_not_sign_cannot_do_it_here_either(plan: tuple[str, str], tmp_path: Path, capsys) -> None:
    assert approve(plan, tmp_path, PASSWORD, name="operator") == Exit.REFUSED
    assert "operator may not sign in staging" in capsys.readouterr().err
    assert not Signature.objects.exists()
    assert not signed_in_now()


def test_login_makes_a_token_of_the_person_and_logout_takes_it_back(
    plan: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SNAKEWEB_TOKEN")
    (tmp_path / "password").write_text(PASSWORD)
    words = ["login", "--profile", "here", "--sign-in", "viewer", "--password-file", str(tmp_path / "password")]
    assert main([*words, "--scope", "read"]) == Exit.OK
    assert main(["status", "--profile", "here"]) == Exit.OK
    assert main(["submit", plan[0], "--digest", "0" * 64, "--profile", "here"]) == Exit.REFUSED

    assert main(["logout", "--profile", "here"]) == Exit.OK
    assert main(["status", "--profile", "here"]) == Exit.USAGE
    assert "swk_" not in "".join(capsys.readouterr())

    (tmp_path / "token").write_text("swk_00000000_made-up")
    assert main(["login", "--profile", "there", "--token-file", str(tmp_path / "token")]) == Exit.REFUSED
    assert "Nothing was stored" in capsys.readouterr().err
    assert main(["status", "--profile", "there"]) == Exit.USAGE


def test_a_password_is_not_sent_where_others_can_read_it() -> None:
    asked: list[str] = []

    def password() -> str:
        asked.append("password")
        return PASSWORD

    with (
        pytest.raises(CommandFailed, match="is not https") as failed,
        signed_in("http://snakeweb.example", Proof("approver", password, password)),
    ):
        pass

    assert failed.value.status is Exit.USAGE
    assert not asked
