import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.models import ApiToken, AuditEntry
from migrations_app.runtime import secrets as keys
from migrations_app.services import tokens
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied

pytestmark = pytest.mark.django_db


def create(actor, now, **given):
    return tokens.create(actor=actor, now=now, **{"name": "CI", "scopes": ["read", "operate"], **given})


def test_a_token_is_shown_once_and_authenticates_its_person(operator, now):
    made = create(operator, now)

    row = ApiToken.objects.get()
    assert made.clear.startswith(row.prefix)
    assert made.clear not in (row.hash, row.prefix)
    actor = tokens.authenticate(clear=made.clear, now=now, address="198.51.100.4", request_id="r7")
    assert (actor.username, actor.token_id, actor.address, actor.request_id) == (
        "operator",
        made.id,
        "198.51.100.4",
        "r7",
    )
    assert actor.scopes == {"read", "operate"}
    assert actor.reauthenticated_at is None
    body = bytes(AuditEntry.objects.get(action="token.create").body)
    assert made.clear.encode() not in body


def test_its_last_use_is_noted_at_most_once_a_minute(operator, now):
    made = create(operator, now)

    for seconds, noted in ((0, 0), (30, 0), (61, 61)):
        tokens.authenticate(clear=made.clear, now=now + timedelta(seconds=seconds))
        assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=noted)


@pytest.mark.parametrize(
    "clear", ["", "x", "swk_", "swk_00000000_secret", "a_b_c_d", "\x00_\x00_x", "swk_ü_x", "Bearer x", "\ud800_a_b"]
)
def test_what_is_no_token_is_refused(operator, now, clear):
    create(operator, now)

    with pytest.raises(PermissionDenied):
        tokens.authenticate(clear=clear, now=now)


def test_a_changed_revoked_expired_or_orphaned_token_is_refused(operator, people, now):
    made = create(operator, now, expires_at=now + timedelta(days=1))
    tokens.authenticate(clear=made.clear, now=now)

    with pytest.raises(PermissionDenied):
        tokens.authenticate(clear=made.clear[:-1] + "~", now=now)
    with pytest.raises(PermissionDenied, match="expired"):
        tokens.authenticate(clear=made.clear, now=now + timedelta(days=1))
    people["operator"].is_active = False
    people["operator"].save()
    with pytest.raises(PermissionDenied):
        tokens.authenticate(clear=made.clear, now=now)
    people["operator"].is_active = True
    people["operator"].save()
    tokens.revoke(actor=operator, now=now, token_id=made.id)
    with pytest.raises(PermissionDenied):
        tokens.authenticate(clear=made.clear, now=now)


def test_revoking_again_changes_nothing_and_those_of_others_are_not_found(operator, approver, now):
    made = create(operator, now)
    tokens.revoke(actor=operator, now=now, token_id=made.id)
    tokens.revoke(actor=operator, now=now + timedelta(hours=1), token_id=made.id)

    assert ApiToken.objects.get().revoked_at == now
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1
    with pytest.raises(NotFound):
        tokens.revoke(actor=approver, now=now, token_id=made.id)


def test_a_token_makes_no_tokens(operator, now):
    with pytest.raises(PermissionDenied):
        create(replace(operator, token_id=1, scopes=frozenset({"admin"})), now)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": [7]}, "scopes"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"days": -1}, "expires_at"),
        ({"days": 400}, "expires_at"),
        ({"networks": ["10.0.0.0/33"]}, "networks"),
        ({"networks": ["10.0.0.1/16"]}, "networks"),
        ({"networks": ["office"]}, "networks"),
        ({"networks": [f"10.0.{n}.0/24" for n in range(21)]}, "networks"),
    ],
)
def test_bad_input_is_refused_by_field(operator, now, given, field):
    if "days" in given:
        given = {"expires_at": now + timedelta(days=given["days"])}

    with pytest.raises(InvalidInput) as refused:
        create(operator, now, **given)

    assert field in [problem.field for problem in refused.value.problems]
    assert not ApiToken.objects.exists()


def test_there_is_a_limit(operator, now):
    for number in range(tokens.MOST_LIVE_TOKENS):
        create(operator, now, name=f"token {number}")

    with pytest.raises(InvalidInput, match="50 tokens"):
        create(operator, now)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.2.200.9", True),
        ("192.0.2.7", True),
        ("::ffff:10.2.0.1", True),
        ("2001:db8::5", True),
        ("10.3.0.1", False),
        ("192.0.2.8", False),
        ("", False),
        ("rubbish", False),
    ],
)
def test_a_token_of_some_networks_works_from_those_only(operator, now, address, allowed):
    made = create(operator, now, networks=["10.2.0.0/16", "192.0.2.7", "2001:db8::/32", "10.2.0.0/16"])
    assert ApiToken.objects.get().networks == ["10.2.0.0/16", "192.0.2.7/32", "2001:db8::/32"]

    if allowed:
        assert tokens.authenticate(clear=made.clear, now=now, address=address).token_id == made.id
    else:
        with pytest.raises(PermissionDenied, match="may not be used from here"):
            tokens.authenticate(clear=made.clear, now=now, address=address)


def test_the_hash_is_worth_nothing_without_the_secret_key(operator, now, settings):
    made = create(operator, now)
    assert ApiToken.objects.get().hash != hashlib.sha256(made.clear.encode()).hexdigest()

    settings.SNAKEWEB_SECRET_KEYS = ("another key",)
    with pytest.raises(PermissionDenied, match="not valid"):
        tokens.authenticate(clear=made.clear, now=now)


def test_a_rotation_of_keys_reaches_a_token_at_its_next_use(operator, now, settings):
    made, old = create(operator, now), settings.SNAKEWEB_SECRET_KEYS
    settings.SNAKEWEB_SECRET_KEYS = ("a newer key", *old)
    tokens.authenticate(clear=made.clear, now=now)
    settings.SNAKEWEB_SECRET_KEYS = ("a newer key",)

    assert tokens.authenticate(clear=made.clear, now=now).token_id == made.id
    assert ApiToken.objects.get().key_id == keys.key_id("a newer key")


def test_a_token_of_before_hashes_were_keyed_still_works_and_is_keyed_then(operator, now):
    made = create(operator, now)
    ApiToken.objects.update(key_id="", hash=hashlib.sha256(made.clear.encode()).hexdigest())

    for _ in range(2):
        assert tokens.authenticate(clear=made.clear, now=now).token_id == made.id
        assert ApiToken.objects.get().key_id


def test_a_token_is_named_anew_narrowed_and_ended_sooner(operator, now):
    made = create(operator, now, expires_at=now + timedelta(days=9))
    sooner = now + timedelta(days=2)
    change = {"token_id": made.id, "name": "builds", "expires_at": sooner, "networks": ["192.0.2.0/24"]}
    tokens.edit(actor=operator, now=now, **change)
    tokens.edit(actor=operator, now=now, **change)

    row = ApiToken.objects.get()
    assert (row.name, row.expires_at, row.networks, row.scopes) == (
        "builds",
        sooner,
        ["192.0.2.0/24"],
        ["operate", "read"],
    )
    assert AuditEntry.objects.filter(action="token.edit").count() == 1
    with pytest.raises(PermissionDenied):
        tokens.authenticate(clear=made.clear, now=now, address="198.51.100.4")
    for wrong in (sooner + timedelta(seconds=1), now, now - timedelta(days=1)):
        with pytest.raises(InvalidInput, match="between now and when it ends"):
            tokens.edit(actor=operator, now=now, token_id=made.id, expires_at=wrong)
    for wider in ([], ["192.0.0.0/16"], ["192.0.2.7", "2001:db8::/32"], ["198.51.100.4"]):
        with pytest.raises(InvalidInput, match=r"is not within 192|from anywhere"):
            tokens.edit(actor=operator, now=now, token_id=made.id, networks=wider)
    tokens.edit(actor=operator, now=now, token_id=made.id, networks=["192.0.2.7", "192.0.2.16/28"])
    with pytest.raises(Conflict, match="no longer valid"):
        tokens.edit(actor=operator, now=sooner, token_id=made.id, name="late")
    assert ApiToken.objects.get().name == "builds"


def test_nobody_elses_token_and_no_token_changes_one(operator, viewer, now):
    made = create(operator, now)
    with pytest.raises(NotFound):
        tokens.edit(actor=viewer, now=now, token_id=made.id, name="mine")
    with pytest.raises(PermissionDenied, match="cannot change tokens"):
        tokens.edit(actor=replace(operator, token_id=made.id), now=now, token_id=made.id, networks=[])
