from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from migrations_app.migrations import _audit_triggers as triggers
from migrations_app.models import ApiToken, AuditEntry, AuditProof
from migrations_app.models.actor import Actor
from migrations_app.services import audit
from tests.audit_table import run_statements
from tests.runs import AT, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def record(actor: Actor | None = None, **values: object) -> AuditEntry:
    given = {"action": "target.edit", "object_type": "target", "object_id": 5, **values}
    return audit.record(actor=actor or Actor(1, "olga"), now=AT, **given)  # type: ignore[arg-type]


def tamper() -> None:
    run_statements(triggers.drop_statements(connection.vendor))
    AuditEntry.objects.filter(seq=2).update(body=b"{}")
    run_statements(triggers.create_statements(connection.vendor))


def test_the_actor_is_recorded_with_the_token_s_prefix() -> None:
    token = ApiToken.objects.create(person=person(), name="ci", prefix="sw_abc", hash="x", created_at=AT)
    actor = Actor(1, "olga", address="10.0.0.1", request_id="r-9", token_id=token.pk, on_behalf_of="ci")
    body = bytes(record(actor, outcome="denied", reason="no").body).decode()

    for said in ('"token":"sw_abc"', '"address":"10.0.0.1"', '"on_behalf_of":"ci"', '"outcome":"denied"', '"id":"5"'):
        assert said in body


def test_secrets_in_before_and_after_are_hidden() -> None:
    body = bytes(record(before={"password": "hunter2"}, after={"url": "redis://u:hunter2@h"}).body)

    assert b"hunter2" not in body


def test_an_intact_chain_is_proved_and_kept() -> None:
    newest = [record(), record()][-1]
    verified = audit.verify_chain(now=AT)

    assert (verified.ok, verified.entries, verified.head, verified.broken_at) == (True, 2, newest.hash, None)
    proof = AuditProof.objects.get()
    assert (proof.ok, proof.entries, proof.head, proof.problem) == (True, 2, newest.hash, "")


def test_a_broken_chain_names_the_entry() -> None:
    for _ in range(3):
        record()
    tamper()
    verified = audit.verify_chain(now=AT)

    assert (verified.ok, verified.entries, verified.broken_at) == (False, 1, 2)
    assert verified.problem.startswith("Entry 2 ")
    assert AuditProof.objects.get().ok is False


def test_the_command_prints_entries_and_head() -> None:
    newest = record()
    out = StringIO()
    call_command("verify_audit", stdout=out)

    assert out.getvalue().splitlines()[:2] == ["entries: 1", f"head: {newest.hash}"]


def test_the_command_s_exit_status_tells_a_break() -> None:
    for _ in range(3):
        record()
    tamper()
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=out, stderr=err)

    assert ended.value.code == 1
    assert "Entry 2 " in err.getvalue()
    assert "entries: 1" in out.getvalue()
