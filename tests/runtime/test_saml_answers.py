"""Which answers hold, each really signed (`tests/web/test_saml.py` has the whole way through the pages)."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.runtime import saml_answers
from migrations_app.runtime.identity import Identity, SignOnFailed
from migrations_app.runtime.saml import Here, Provider, leaving, provider
from migrations_app.runtime.saml_answers import MOST_CHARACTERS, Vouched, vouched
from tests.saml_provider import BROKEN, ENTITY_ID, IdentityProvider, new_key

HERE = Here(
    "http://testserver/accounts/single-sign-on/saml/metadata/", "http://testserver/accounts/single-sign-on/saml/answer/"
)
NORA = {"sub": "nora-1", "email": "Nora@example.org", "name": "Nora New", "username": "nora", "groups": ["sre", "all"]}
HOLDS = {"": "", "old": ""}  # how long ago they signed in is asked where it matters
WHY = {
    "signature": "not signed with a certificate",
    "unsigned": "is not signed",
    "signed_around": "is not signed",
    "sha1": "another SignatureMethod than RSA with SHA-256",
    "sha1_digest": "another DigestMethod than SHA-256",
    "tampered": "not signed with a certificate",
    "wrapped_beside": "exactly one assertion",
    "wrapped_with_one_id": "exactly one assertion",
    "wrapped_in_extensions": "exactly one assertion",
    "wrapped_in_its_signature": "exactly one assertion",
    "of_another_part": "not of the part",
    "encrypted": "encrypted",
    "long_namespace": "a namespace of more than 200",
    "many_elements": "more than 5,000 elements",
    "many_declarations": "more than 30 attributes",
    "deep": "more than 20 levels",
    "many_transforms": "another Transform than",
    "transforms_in_another_order": "another Transform than",
    "one_transform": "another Transform than",
    "many_prefixes": "more than 10 prefixes",
    "comment": "comment",
    "bomb": "document type",
    "entity": "document type",
    "utf_16": "cannot be read",
    "issuer": "another issuer",
    "empty_issuer": "another issuer",
    "audience": "another audience",
    "audience_beginning": "another audience",
    "no_audience": "another audience",
    "recipient": "another recipient",
    "recipient_beginning": "another recipient",
    "no_recipient": "another recipient",
    "destination": "another address",
    "no_destination": "another address",
    "expired": "expired",
    "endless": "longer than a day",
    "no_end": "cannot be read",
    "early": "yet to come",
    "unasked": "answers no request",
    "another_request": "another recipient or request",
    "two_confirmations": "exactly once",
    "transient": "persistently",
    "mail_address": "persistently",
    "unspecified": "persistently",
    "qualifier": "does not say who",
    "failed": "it answered Responder",
    "failed_in_their_words": "it answered Responder",
}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> IdentityProvider:
    return IdentityProvider(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="module")
def known(idp: IdentityProvider) -> Provider:
    return provider(idp.settings())


def posted(idp: IdentityProvider, known: Provider, claims: dict[str, Any] = NORA, broken: str = "") -> str:
    return idp.answer(leaving(known, HERE, again=False)[0], claims, broken)


def judged(known: Provider, text: str) -> Vouched:
    return vouched(known, HERE, posted=text, now=datetime.now(UTC))


def test_every_way_to_be_broken_is_in_the_table() -> None:
    assert set(BROKEN) == {*WHY, *HOLDS}


@pytest.mark.parametrize("broken", WHY)
def test_an_answer_has_to_hold(idp: IdentityProvider, known: Provider, broken: str) -> None:
    with pytest.raises(SignOnFailed, match=WHY[broken]):
        judged(known, posted(idp, known, broken=broken))


def test_words_of_strangers_are_in_the_log_and_not_on_a_page(
    idp: IdentityProvider, known: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    for broken, theirs in (
        ("failed_in_their_words", "Your account is locked"),
        ("issuer", "elsewhere.example"),
        ("sha1", "rsa-sha1"),
    ):
        caplog.clear()
        with pytest.raises(SignOnFailed) as refused:
            judged(known, posted(idp, known, broken=broken))
        assert theirs not in str(refused.value)
        assert theirs in caplog.text
        assert all("\n" not in record.getMessage() for record in caplog.records)


def test_somebody_of_a_thousand_groups_is_let_in(idp: IdentityProvider, known: Provider) -> None:
    groups = [f"group {number}" for number in range(1_000)]
    assert judged(known, posted(idp, known, {**NORA, "groups": groups})).identity.groups == set(groups)


def test_who_is_vouched_for_is_told_as_it_was_signed(idp: IdentityProvider, known: Provider) -> None:
    address, request = leaving(known, HERE, again=False)
    found = judged(known, idp.answer(address, NORA))
    assert found.request == request
    assert found.identity == Identity(
        ENTITY_ID, "nora-1", "nora@example.org", True, "nora", "Nora New", frozenset({"sre", "all"}), False
    )
    assert judged(known, posted(idp, known, {"sub": "a@b.evil"})).identity == Identity(
        ENTITY_ID, "a@b.evil", "", True, "", "", frozenset(), False
    )
    two = judged(known, posted(idp, known, {**NORA, "email": ["one@example.org", "other@example.org"]}))
    assert two.identity.email == ""
    look_alike = judged(known, posted(idp, known, {**NORA, "email": "\N{KELVIN SIGN}evin@example.org"}))
    assert look_alike.identity.email == ""


def test_a_second_factor_is_one_that_is_named(idp: IdentityProvider, known: Provider) -> None:
    said = posted(idp, known, {**NORA, "class": "https://refeds.org/profile/mfa"})
    assert not judged(known, said).identity.second_factor
    assert judged(replace(known, second_factors=("https://refeds.org/profile/mfa",)), said).identity.second_factor
    assert not judged(replace(known, email_verified=False), said).identity.email_verified


def test_during_a_roll_over_either_certificate_holds(idp: IdentityProvider, known: Provider, tmp_path: Path) -> None:
    (other,) = (Path(new_key(tmp_path, "other")[1]).read_text(),)
    said = posted(idp, known)
    assert judged(replace(known, certificates=(other, *known.certificates)), said).identity.subject == "nora-1"
    with pytest.raises(SignOnFailed, match="not signed with a certificate"):
        judged(replace(known, certificates=(other,)), said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        base64.b64encode(b"\xff\xfe<").decode(),
        base64.b64encode(b"no xml").decode(),
        base64.b64encode(b"<a/>").decode(),
        base64.b64encode(b"<a>" * 20_000).decode(),
        base64.b64encode(b"<?xml version='1.0' encoding='UTF-7'?><a/>").decode(),
        base64.b64encode(b'<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>').decode(),
        "A" * (MOST_CHARACTERS + 4),
    ],
)
def test_anything_that_is_posted_identifies_nobody(known: Provider, text: str) -> None:
    with pytest.raises(SignOnFailed):
        judged(known, text)


def test_an_answer_is_good_until_its_end(idp: IdentityProvider, known: Provider) -> None:
    said, now = posted(idp, known), datetime.now(UTC)
    until = judged(known, said).until
    assert now < until < now + timedelta(seconds=301)
    with pytest.raises(SignOnFailed, match="is over"):
        vouched(known, HERE, posted=said, now=until)


def test_no_name_is_longer_than_the_protocol_has_it(idp: IdentityProvider, known: Provider) -> None:
    assert judged(known, posted(idp, known, {"sub": "x" * saml_answers.MOST_SUBJECT})).identity.subject
    for subject in ("x" * (saml_answers.MOST_SUBJECT + 1), " ", "a\u200eb"):
        with pytest.raises(SignOnFailed, match="who"):
            judged(known, posted(idp, known, {"sub": subject}))
