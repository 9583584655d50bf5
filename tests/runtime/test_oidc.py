"""The client of the provider, against a provider that is another process (the pages' tests have the whole way)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from migrations_app.runtime.oidc import Begun, Identity, Provider, SignOnFailed, identify, leaving
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, provider_process

pytestmark = pytest.mark.servers
BACK = "https://snakeweb.example/back/"
NORA = {"sub": "nora-1", "email": "nora@example.org", "email_verified": True, "groups": "sre"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_process() as issuer:
        yield Provider(issuer, CLIENT_ID, CLIENT_SECRET, second_factors=("mfa", "gold"))


def come_back(
    provider: Provider, claims: dict[str, Any], *, broken: str = "", begun: Begun | None = None, later: int = 0
) -> Identity:
    now = datetime.now(UTC)
    begun = begun or Begun.new(now=now, again=False)
    more = urlencode({"claims": json.dumps(claims), "break": broken})
    sent = httpx.get(f"{leaving(provider, begun, redirect_uri=BACK)}&{more}", trust_env=False).headers["Location"]
    code = parse_qs(urlsplit(sent).query)["code"][0]
    return identify(provider, begun, code=code, redirect_uri=BACK, now=now + timedelta(seconds=later))


def test_who_came_back_is_told_as_the_provider_signed_it(provider: Provider) -> None:
    found = come_back(provider, {**NORA, "amr": ["pwd"], "acr": "gold"})
    assert found == Identity(
        provider.issuer, "nora-1", "nora@example.org", True, "", "", frozenset({"sre"}), second_factor=True
    )
    assert not come_back(provider, {**NORA, "amr": ["pwd"], "acr": "silver"}).second_factor
    assert not come_back(replace(provider, second_factors=()), {**NORA, "amr": ["mfa"]}).second_factor


def test_what_is_told_at_userinfo_only_adds_to_what_was_signed(provider: Provider) -> None:
    unsigned = {key: value for key, value in NORA.items() if key != "groups"}
    assert come_back(provider, unsigned).groups == {"told at userinfo"}
    assert come_back(provider, NORA).groups == {"sre"}


@pytest.mark.parametrize("broken", ["nonce", "issuer", "audience", "expired", "signature", "unsigned"])
def test_a_token_has_to_hold(provider: Provider, broken: str) -> None:
    with pytest.raises(SignOnFailed, match="does not hold"):
        come_back(provider, NORA, broken=broken)


def test_a_token_is_good_for_a_while(provider: Provider) -> None:
    assert come_back(provider, NORA, later=290)
    with pytest.raises(SignOnFailed):
        come_back(provider, NORA, later=300 + 61)


def test_showing_it_again_means_that_the_provider_asked_again(provider: Provider) -> None:
    again = Begun.new(now=datetime.now(UTC), again=True)
    assert parse_qs(urlsplit(leaving(provider, again, redirect_uri=BACK)).query)["max_age"] == ["0"]
    assert come_back(provider, NORA, begun=again)
    with pytest.raises(SignOnFailed, match="did not ask again"):
        come_back(provider, NORA, broken="old", begun=Begun.new(now=datetime.now(UTC), again=True))
    with pytest.raises(SignOnFailed, match="does not hold"):
        come_back(provider, {**NORA, "auth_time": None}, begun=Begun.new(now=datetime.now(UTC), again=True))


def test_a_code_of_another_begin_or_with_another_secret_is_refused(provider: Provider) -> None:
    with pytest.raises(SignOnFailed, match="refused"):
        come_back(replace(provider, client_secret="wrong"), NORA)
    begun = Begun.new(now=datetime.now(UTC), again=False)
    with pytest.raises(SignOnFailed, match="refused"):
        identify(provider, begun, code="invented", redirect_uri=BACK, now=datetime.now(UTC))


def test_a_provider_of_another_name_or_without_encryption_is_not_followed(provider: Provider) -> None:
    begun = Begun.new(now=datetime.now(UTC), again=False)
    for issuer, said in ((f"{provider.issuer}/", "another name"), ("http://192.0.2.1", "https only")):
        with pytest.raises(SignOnFailed, match=said):
            leaving(replace(provider, issuer=issuer), begun, redirect_uri=BACK)
