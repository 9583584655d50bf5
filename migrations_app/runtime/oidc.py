"""OpenID Connect with one provider: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0).

The provider is named by whoever runs Snakeweb, never on a page, so it may stand inside; it is called directly and over
https only (but for loopback), without redirects. Every signature is checked against the provider's keys.
"""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from migrations_app.runtime.identity import MOST_SUBJECT, Identity, ProviderUnavailable, SignOnFailed, mail

SECONDS = 10.0
MOST_BYTES = 1_000_000  # of an answer
LEEWAY = 60  # seconds that clocks may differ
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")  # none by shared secret
SCOPE = "openid email profile"
FAILURES = ("server_error", "temporarily_unavailable")  # of a provider that sends no code (RFC 6749, 4.1.2.1)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Provider:
    """`second_factors`: values of `amr` or `acr` that count as one."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    groups_claim: str = "groups"
    second_factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """What has to be remembered in the browser's session between leaving for the provider and coming back."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    begun_at: float
    again: bool = False

    @classmethod
    def new(cls, *, now: datetime, again: bool) -> "Begun":
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, now.timestamp(), again)


def leaving(provider: Provider, begun: Begun, *, redirect_uri: str) -> str:
    """Where the browser goes. Raises ProviderUnavailable when the provider does not answer as it should."""
    asked = [
        ("response_type", "code"),
        ("client_id", provider.client_id),
        ("redirect_uri", redirect_uri),
        ("scope", SCOPE),
        ("state", begun.state),
        ("nonce", begun.nonce),
        ("code_challenge", create_s256_code_challenge(begun.verifier)),
        ("code_challenge_method", "S256"),
        *([("prompt", "login"), ("max_age", "0")] if begun.again else []),
    ]
    return str(add_params_to_uri(_metadata(provider)["authorization_endpoint"], asked))


def code_of(answer: Mapping[str, str]) -> str:
    """Of the parameters that the browser came back with. Raises SignOnFailed where they hold none."""
    if "code" in answer:
        return answer["code"]
    if answer.get("error") in FAILURES:
        raise ProviderUnavailable("The provider could not sign you in.")
    raise SignOnFailed("The provider did not sign you in.")


def identify(provider: Provider, begun: Begun, *, code: str, redirect_uri: str, now: datetime) -> Identity:
    """Who came back. Raises SignOnFailed for whatever is not exactly as it has to be, and ProviderUnavailable where
    nothing was answered that could be judged.
    """
    metadata = _metadata(provider)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": begun.verifier,
    }
    offered = metadata.get("token_endpoint_auth_methods_supported")
    basic = not isinstance(offered, list) or "client_secret_basic" in offered
    if not basic:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    auth = httpx.BasicAuth(provider.client_id, provider.client_secret) if basic else None
    answer = _called("POST", metadata["token_endpoint"], data=form, auth=auth, refusals=("invalid_grant",))
    claims = dict(_verified(provider, begun, metadata, answer, now))
    if "email" not in claims or provider.groups_claim not in claims:
        claims = _more(metadata, answer, claims)
    return _identity(provider, claims)


def _verified(
    provider: Provider, begun: Begun, metadata: Mapping[str, Any], answer: Mapping[str, Any], now: datetime
) -> Mapping[str, Any]:
    params = {
        "nonce": begun.nonce,
        "client_id": provider.client_id,
        "access_token": answer.get("access_token"),
        "max_age": 1 if begun.again else None,  # 0 as sent would not be asked for
    }
    expected = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    try:
        keys = _keys(_called("GET", metadata["jwks_uri"]))
        token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, expected, params)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignOnFailed(f"What the provider answered does not hold ({type(error).__name__}).") from error
    if begun.again and not begun.begun_at - LEEWAY <= claims["auth_time"] <= now.timestamp() + LEEWAY:
        raise SignOnFailed("The provider did not ask again who you are.")
    return dict(claims)


def _keys(told: Mapping[str, Any]) -> KeySet:
    """Those that can be read here: of another kind are some for other clients (RFC 7517, section 5)."""
    found = []
    for each in told.get("keys", ()):
        try:
            found.append(JWKRegistry.import_key(each))
        except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
            continue
    if not found:
        raise ProviderUnavailable("The provider publishes no key that can be read.")
    return KeySet(found)


def _more(metadata: Mapping[str, Any], answer: Mapping[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """What the provider tells at its userinfo endpoint only; nothing there changes what was signed."""
    if "userinfo_endpoint" not in metadata or "access_token" not in answer:
        return claims
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    told = _called("GET", metadata["userinfo_endpoint"], headers=headers)
    if told.get("sub") != claims["sub"]:
        raise SignOnFailed("The provider told of somebody else than it had signed for.")
    tells_address = claims if "email" in claims else told  # which is as verified as that place says, and no other
    return {**told, **claims, "email_verified": tells_address.get("email_verified")}


def _identity(provider: Provider, claims: Mapping[str, Any]) -> Identity:
    subject = _text(claims, "sub")
    if not 0 < len(subject) <= MOST_SUBJECT:
        raise SignOnFailed("The provider does not say who this is.")
    return Identity(
        issuer=provider.issuer,
        subject=subject,
        email=mail(_text(claims, "email")),
        email_verified=claims.get("email_verified") is True,
        username=_text(claims, "preferred_username"),
        full_name=_text(claims, "name"),
        groups=frozenset(_texts(claims.get(provider.groups_claim))),
        second_factor=any(
            method in provider.second_factors for method in [*_texts(claims.get("amr")), claims.get("acr")]
        ),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    """'' for what is no text, or has characters in it that nobody types."""
    found = claims.get(name)
    return found if isinstance(found, str) and found.isprintable() else ""


def _texts(found: Any) -> list[str]:
    """Of a list, or of one text, as some providers give it."""
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str)]


def _metadata(provider: Provider) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0; the issuer that it names has to be the one that was asked."""
    found = _called("GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise ProviderUnavailable("The provider calls itself by another name than it is configured with.")
    if not all(isinstance(found.get(name), str) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")):
        raise ProviderUnavailable("The provider does not say where people sign in, or where tokens and keys are.")
    _require_encrypted(found["authorization_endpoint"])
    return found


def _require_encrypted(url: str) -> None:
    try:
        parts = urlsplit(url)
        encrypted = parts.scheme == "https" or parts.hostname in _LOOPBACK
    except ValueError as error:
        raise ProviderUnavailable("An address that the provider names is none.") from error
    if not encrypted:
        raise ProviderUnavailable("The provider is called over https only.")


def _called(method: str, url: object, *, refusals: Collection[str] = (), **given: Any) -> dict[str, Any]:
    """Raises ProviderUnavailable; SignOnFailed for an error of RFC 6749 (section 5.2) that is about what was sent."""
    try:
        _require_encrypted(str(url))
        with (
            httpx.Client(timeout=SECONDS, trust_env=False) as client,
            client.stream(method, str(url), **given) as answer,
        ):
            found = json.loads(_content(answer))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise ProviderUnavailable(f"The provider does not answer as it should ({type(error).__name__}).") from error
    if answer.status_code == 200 and isinstance(found, dict):
        return found
    if isinstance(found, dict) and found.get("error") in refusals:
        raise SignOnFailed("The provider does not know this sign-in, or no more.")
    raise ProviderUnavailable(f"The provider refused ({answer.status_code}).")


def _content(answer: httpx.Response) -> bytes:
    content = b""
    for part in answer.iter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            raise ProviderUnavailable(f"The provider answers with more than {MOST_BYTES:,} bytes.")
    return content
