"""What a provider of SAML is read from, and what it is sent (`test_saml_answers.py` has what comes back)."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from migrations_app.engine.hiding import redact_text
from migrations_app.runtime.saml import (
    Here,
    Provider,
    ProviderUnusable,
    is_given,
    leaving,
    metadata,
    provider,
    settings_of,
)
from tests.saml_provider import ENTITY_ID, IdentityProvider, is_signed_by, new_key, request_of

HERE = Here("https://snakeweb.example/metadata/", "https://snakeweb.example/answer/")


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> IdentityProvider:
    found = IdentityProvider(tmp_path_factory.mktemp("provider"), 'https://identity.example/sso?to="<a>"&more=b')
    new_key(found.directory, "ours")
    new_key(found.directory, "short", 1024)
    both = [(found.directory / f"{name}.pem").read_text() for name in ("provider", "another")]
    (found.directory / "both.pem").write_text("\n".join(both))
    described = found.metadata.read_text()
    another = described.replace(ENTITY_ID, "https://another.example/saml")
    (found.directory / "two.xml").write_text(
        f'<md:EntitiesDescriptor xmlns:md="{MD}">{described}{another}</md:EntitiesDescriptor>'
    )
    (found.directory / "only_encrypts.xml").write_text(described.replace('use="signing"', 'use="encryption"'))
    (found.directory / "bomb.xml").write_text('<!DOCTYPE r [<!ENTITY a "b">]>' + described)
    return found


MD = "urn:oasis:names:tc:SAML:2.0:metadata"


def given(idp: IdentityProvider, **changed: Any) -> dict[str, Any]:
    """A value that begins with `/` is a file of the provider's directory."""
    files = {name: str(idp.directory) + value for name, value in changed.items() if str(value).startswith("/")}
    return {**idp.settings(), **changed, **files}


BY_HAND = {"metadata": "", "entity_id": ENTITY_ID, "url": "https://identity.example/sso", "certificates": "/both.pem"}


def test_a_provider_is_read_from_its_metadata_or_from_three_values(idp: IdentityProvider) -> None:
    described = provider(idp.settings())
    assert (described.entity_id, described.url) == (ENTITY_ID, idp.url)
    assert len(described.certificates) == 1
    by_hand = provider(given(idp, **BY_HAND, attributes={"email": "mail"}))
    assert len(by_hand.certificates) == 2
    assert by_hand.certificates[0] == described.certificates[0]
    assert by_hand.attributes == {"email": "mail", "name": "name", "username": "username", "groups": "groups"}
    chosen = provider(given(idp, metadata="/two.xml", entity_id="https://another.example/saml"))
    assert chosen.entity_id == "https://another.example/saml"
    assert [is_given(given(idp, metadata=m, entity_id=e)) for m, e in (("", ""), ("x", ""), ("", "x"))] == [0, 1, 1]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"metadata": "/not_there.xml"}, "No such file"),
        ({"metadata": "/provider.pem"}, "cannot be read"),
        ({"metadata": "/bomb.xml"}, "cannot be read"),
        ({"metadata": "/two.xml"}, "describes 2 providers"),
        ({"metadata": "/metadata.xml", "entity_id": "https://other.example"}, "0 providers called https://other"),
        ({"metadata": "/only_encrypts.xml"}, "missing"),
        ({**BY_HAND, "certificates": "/provider.key"}, "cannot be read"),
        ({**BY_HAND, "certificates": "/short.pem"}, "2048 bits"),
        ({**BY_HAND, "certificates": ""}, "missing"),
        ({**BY_HAND, "url": ""}, "missing"),
        ({**BY_HAND, "url": "http://identity.example/sso"}, "https"),
        ({**BY_HAND, "url": "javascript:alert(1)"}, "https"),
        ({**BY_HAND, "entity_id": "x" * 501}, "missing"),
        ({"key": "/ours.key"}, "belong together"),
        ({"key": "/ours.key", "certificate": "/provider.pem"}, "another key"),
        ({"key": "/ours.pem", "certificate": "/ours.pem"}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_without_any_key(idp: IdentityProvider, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ProviderUnusable, match=why) as refused:
        provider(given(idp, **changed))
    assert "BEGIN" not in str(refused.value)


def test_a_request_names_us_and_is_signed_where_there_is_a_key(idp: IdentityProvider) -> None:
    unsigned = provider(idp.settings())
    address, number = leaving(unsigned, HERE, again=False)
    asked = request_of(address)
    assert address.startswith(idp.url)
    assert set(parse_qs(urlsplit(address).query)) == {"to", "more", "SAMLRequest"}
    assert (asked.get("ID"), asked.get("Destination"), asked.get("ForceAuthn")) == (number, idp.url, None)
    assert asked.get("AssertionConsumerServiceURL") == HERE.consumer
    assert asked.find("{*}NameIDPolicy").get("Format").endswith(":persistent")
    assert leaving(unsigned, HERE, again=False)[1] != number
    assert request_of(leaving(unsigned, HERE, again=True)[0]).get("ForceAuthn") == "true"

    plain = replace(provider(given(idp, key="/ours.key", certificate="/ours.pem")), url="https://identity.example/sso")
    signed = leaving(plain, HERE, again=False)[0]
    assert is_signed_by(str(idp.directory / "ours.pem"), signed)
    with pytest.raises(InvalidSignature):
        is_signed_by(str(idp.directory / "another.pem"), signed)
    line = (idp.directory / "ours.key").read_text().splitlines()[3]
    assert line not in redact_text(f"a log with {line}")
    assert line not in repr(plain)


def test_the_metadata_describe_us_and_have_no_end(idp: IdentityProvider) -> None:
    def described(known: Provider) -> Any:
        content = metadata(known, HERE)
        assert settings_of(known, HERE).validate_metadata(content) == []
        return OneLogin_Saml2_XML.to_etree(content)

    plain = described(provider(idp.settings()))
    assert (plain.get("entityID"), plain.get("validUntil"), plain.find(".//{*}X509Certificate")) == (
        HERE.entity_id,
        None,
        None,
    )
    role = described(provider(given(idp, key="/ours.key", certificate="/ours.pem"))).find("{*}SPSSODescriptor")
    assert (role.get("AuthnRequestsSigned"), role.get("WantAssertionsSigned")) == ("true", "true")
    assert role.find("{*}AssertionConsumerService").get("Location") == HERE.consumer
    assert role.find("{*}SingleLogoutService") is None
    assert b"PRIVATE" not in metadata(provider(given(idp, key="/ours.key", certificate="/ours.pem")), HERE)


def test_the_library_is_asked_to_be_strict(idp: IdentityProvider) -> None:
    found: OneLogin_Saml2_Settings = settings_of(provider(idp.settings()), HERE)
    security = found.get_security_data()
    assert found.is_strict()
    assert (security["wantAssertionsSigned"], security["rejectDeprecatedAlgorithm"]) == (True, True)
