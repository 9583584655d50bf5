"""The client of the provider, against a provider that is another process (the pages' tests have the whole way)."""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from migrations_app.runtime.identity import Identity, ProviderUnavailable, SignOnFailed
from migrations_app.runtime.oidc import MOST_BYTES, Begun, Provider, identify, leaving
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


def test_an_address_is_as_verified_as_the_place_says_that_tells_it(provider: Provider) -> None:
    def told(**signed: Any) -> tuple[str, bool]:
        found = come_back(provider, {"sub": "at userinfo", **signed})
        return found.email, found.email_verified

    assert told(email="nora@example.org") == ("nora@example.org", False)
    assert told(email="nora@example.org", email_verified=True) == ("nora@example.org", True)
    assert told(email_verified=False) == told() == ("userinfo@example.org", True)


@pytest.mark.parametrize("broken", ["nonce", "issuer", "audience", "expired", "signature", "unsigned"])
def test_a_token_has_to_hold(provider: Provider, broken: str) -> None:
    with pytest.raises(SignOnFailed, match="does not hold"):
        come_back(provider, NORA, broken=broken)


@pytest.mark.parametrize(
    "said",
    [
        {"sub": {"id": 1}},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "nora\x00"},
        {"iat": "soon"},
        {"exp": []},
        {"aud": 7},
    ],
)
def test_who_is_not_said_plainly_is_nobody(provider: Provider, said: dict[str, Any]) -> None:
    with pytest.raises(SignOnFailed):
        come_back(provider, {**NORA, **said})


def test_claims_of_another_shape_say_nothing(provider: Provider) -> None:
    odd = {
        "groups": {"a": 1},
        "name": ["x"],
        "preferred_username": "a\x00",
        "email": "x" * 300,
    }
    found = come_back(provider, {"sub": "nora-1", **odd})
    assert found == Identity(provider.issuer, "nora-1", "", False, "", "", frozenset(), second_factor=False)
    assert come_back(provider, {**NORA, "groups": ["sre", 3, None, ["x"]]}).groups == {"sre"}
    assert come_back(provider, {**NORA, "email": "\N{KELVIN SIGN}evin@example.org"}).email == ""


@contextmanager
def describing(said: bytes) -> Iterator[Provider]:
    """A provider that answers every question with this, where ISSUER stands for its address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said.replace(b"ISSUER", issuer.encode()))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield Provider(issuer, "c", "s")
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        b'{"issuer": "ISSUER"}',
        b'{"issuer": "ISSUER", "authorization_endpoint": 3, "token_endpoint": "x", "jwks_uri": "x"}',
        b'{"issuer": "ISSUER", "authorization_endpoint": "x", "token_endpoint": "https://[", "jwks_uri": "x"}',
        b'{"issuer": "ISSUER", "authorization_endpoint": "", "token_endpoint": "http://[::1]:1/", "jwks_uri": "x"}',
        b'"' + b"x" * (MOST_BYTES + 1) + b'"',
    ],
)
def test_a_provider_that_answers_anything_identifies_nobody(said: bytes) -> None:
    now = datetime.now(UTC)
    with describing(said) as provider, pytest.raises(SignOnFailed) as refused:
        identify(provider, Begun.new(now=now, again=False), code="x", redirect_uri=BACK, now=now)
    assert "xxx" not in str(refused.value)


@pytest.mark.parametrize(("address", "why"), [("http://192.0.2.1/", "https only"), ("https://[", "is none")])
def test_nobody_is_sent_where_a_password_would_not_be_encrypted(address: str, why: str) -> None:
    told = {"token_endpoint": "https://[::1]/", "jwks_uri": "https://x/", "authorization_endpoint": address}
    begun = Begun.new(now=datetime.now(UTC), again=False)
    with (
        describing(json.dumps({"issuer": "ISSUER", **told}).encode()) as provider,
        pytest.raises(ProviderUnavailable, match=why),
    ):
        leaving(provider, begun, redirect_uri=BACK)


def test_a_token_is_good_for_a_while(provider: Provider) -> None:
    assert come_back(provider, NORA, later=290)
    with pytest.raises(SignOnFailed):
        come_back(provider, NORA, later=300 + 61)


def test_showing_it_again_means_that_the_provider_asked_again(provider: Provider) -> None:
    again = Begun.new(now=datetime.now(UTC), again=True)
    assert parse_qs(urlsplit(leaving(provider, again, redirect_uri=BACK)).query)["max_age"] == ["0"]
    assert come_back(provider, NORA, begun=again)
    for said in ({"broken": "old"}, {"broken": "future"}):
        with pytest.raises(SignOnFailed, match="did not ask again"):
            come_back(provider, NORA, **said, begun=Begun.new(now=datetime.now(UTC), again=True))
    with pytest.raises(SignOnFailed, match="did not ask again"):
        come_back(provider, {**NORA, "auth_time": math.nan}, begun=Begun.new(now=datetime.now(UTC), again=True))
    with pytest.raises(SignOnFailed, match="does not hold"):
        come_back(provider, {**NORA, "auth_time": None}, begun=Begun.new(now=datetime.now(UTC), again=True))


def test_a_code_of_another_begin_or_with_another_secret_is_refused(provider: Provider) -> None:
    with pytest.raises(SignOnFailed, match="does not know this sign-in"):
        come_back(replace(provider, client_secret="wrong"), NORA)
    begun = Begun.new(now=datetime.now(UTC), again=False)
    with pytest.raises(SignOnFailed, match="does not know this sign-in"):
        identify(provider, begun, code="invented", redirect_uri=BACK, now=datetime.now(UTC))


def test_a_provider_of_another_name_or_without_encryption_is_not_followed(provider: Provider) -> None:
    begun = Begun.new(now=datetime.now(UTC), again=False)
    for issuer, said in ((f"{provider.issuer}/", "another name"), ("http://192.0.2.1", "https only")):
        with pytest.raises(SignOnFailed, match=said):
            leaving(replace(provider, issuer=issuer), begun, redirect_uri=BACK)
