"""The only module that reads environment variables. `docs/settings.md` describes each of them."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STATE_DIRECTORY = Path(os.environ.get("SNAKEWEB_STATE", ".run")).resolve()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine told us. `production` is on as soon as host names to serve are given, and then
    there is no `debug`."""

    production: bool
    debug: bool
    debug_asked: bool
    secret_keys: tuple[str, ...] = field(repr=False)
    secret_keys_generated: bool
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    allowed_hosts: tuple[str, ...]
    file_roots: tuple[Path, ...]
    artifacts_url: str = field(repr=False)
    custom_handlers: dict[str, str]
    audit_checkpoints_urls: tuple[str, ...] = field(repr=False)
    audit_public_keys: tuple[str, ...]
    second_factor_roles: tuple[str, ...]
    outgoing_networks: tuple[str, ...]
    smtp_url: str = field(repr=False)
    mail_from: str
    trusted_proxies: tuple[str, ...]
    oidc: dict[str, Any] = field(repr=False)
    saml: dict[str, Any] = field(repr=False)
    sign_on_roles: Any
    rate_limits: dict[str, str]
    traces_url: str = field(repr=False)
    traces_headers: dict[str, str] = field(repr=False)
    traces_ratio: float
    log_format: str
    impact_seconds: float


def _generated_key() -> str:
    """The embedded default's own key: made once, readable by this user only."""
    path = STATE_DIRECTORY / "secret_keys"
    if not path.exists():
        STATE_DIRECTORY.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.touch(mode=0o600)
        scratch.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(scratch, path)  # of several first processes exactly one wins, and all read its key
        scratch.unlink()
    return path.read_text().strip()


def _pairs(text: str) -> dict[str, str]:
    """`name=value` pairs, separated by commas or spaces. One without a value is refused where it is used."""
    pairs = (pair.partition("=") for pair in text.replace(",", " ").split())
    return {name: value for name, _, value in pairs}


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{name} is {value!r}; it can be {' or '.join(known)}.")
    return value


def _ratio(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {text!r}; it is a number from 0 (none is kept) to 1 (all are).")
    return value


def _seconds(text: str) -> float:
    """Text that is no number above zero counts as nought: what is only watched keeps nobody from starting."""
    with contextlib.suppress(ValueError):
        return max(0.0, min(float(text), 86_400.0))
    return 0.0


def _address(name: str, text: str, *, of_a_server: bool = True) -> str:
    """Refused where a password was not percent-encoded: whoever took it apart would quote or look up a piece of it.

    `of_a_server`: there is no `@` behind its host and port, unless the password was cut there.
    """
    try:
        parts = urlsplit(text)
        readable = parts.port is None or parts.port >= 0
    except ValueError:
        readable = False
    if not readable or (of_a_server and parts.netloc and "@" not in parts.netloc and "@" in text):
        raise SystemExit(
            f"{name} holds no address that can be read. Percent-encode user name and password in it (“/” is %2F, “@” "
            "is %40, “#” is %23, “[” is %5B). Nothing was started."
        )
    return text


def read() -> Surroundings:
    env = os.environ
    keys = tuple(k for k in env.get("SNAKEWEB_SECRET_KEYS", "").replace(",", " ").split() if k)
    hosts = tuple(h for h in env.get("SNAKEWEB_ALLOWED_HOSTS", "").replace(",", " ").split() if h)
    return Surroundings(
        production=bool(hosts),
        debug=env.get("SNAKEWEB_DEBUG") == "1" and not hosts,
        debug_asked=env.get("SNAKEWEB_DEBUG") == "1",
        secret_keys=keys or (_generated_key(),),
        secret_keys_generated=not keys,
        database_url=_address(
            "SNAKEWEB_DATABASE_URL",
            env.get("SNAKEWEB_DATABASE_URL", f"sqlite:///{STATE_DIRECTORY / 'snakeweb.sqlite3'}"),
        ),
        redis_url=_address("SNAKEWEB_REDIS_URL", env.get("SNAKEWEB_REDIS_URL", "redis://127.0.0.1:6379/0")),
        allowed_hosts=hosts or ("localhost", "127.0.0.1", "[::1]"),
        file_roots=tuple(Path(p) for p in env.get("SNAKEWEB_FILE_ROOTS", "").split(os.pathsep) if p),
        artifacts_url=env.get("SNAKEWEB_ARTIFACTS_URL", f"file://{STATE_DIRECTORY / 'artifacts'}"),
        custom_handlers=_pairs(env.get("SNAKEWEB_CUSTOM_HANDLERS", "")),
        audit_checkpoints_urls=tuple(
            _address("SNAKEWEB_AUDIT_CHECKPOINTS_URLS", each, of_a_server=False)
            for each in env.get("SNAKEWEB_AUDIT_CHECKPOINTS_URLS", "").split()
        ),
        audit_public_keys=tuple(env.get("SNAKEWEB_AUDIT_PUBLIC_KEYS", "").replace(",", " ").split()),
        second_factor_roles=tuple(env.get("SNAKEWEB_SECOND_FACTOR_ROLES", "").replace(",", " ").split()),
        smtp_url=_address("SNAKEWEB_SMTP_URL", env.get("SNAKEWEB_SMTP_URL", "")),
        mail_from=env.get("SNAKEWEB_MAIL_FROM", "snakeweb@localhost"),
        outgoing_networks=tuple(env.get("SNAKEWEB_OUTGOING_NETWORKS", "").replace(",", " ").split()),
        trusted_proxies=tuple(env.get("SNAKEWEB_TRUSTED_PROXIES", "").replace(",", " ").split()),
        oidc={
            "issuer": env.get("SNAKEWEB_OIDC_ISSUER", ""),
            "name": env.get("SNAKEWEB_OIDC_NAME", "single sign-on"),
            "client_id": env.get("SNAKEWEB_OIDC_CLIENT_ID", ""),
            "client_secret": env.get("SNAKEWEB_OIDC_CLIENT_SECRET", ""),
            "groups_claim": env.get("SNAKEWEB_OIDC_GROUPS_CLAIM", "groups"),
            "second_factors": tuple(env.get("SNAKEWEB_OIDC_SECOND_FACTORS", "").replace(",", " ").split()),
        },
        saml={
            "name": env.get("SNAKEWEB_SAML_NAME", "single sign-on"),
            "metadata": env.get("SNAKEWEB_SAML_METADATA", ""),
            "entity_id": env.get("SNAKEWEB_SAML_ENTITY_ID", ""),
            "url": env.get("SNAKEWEB_SAML_URL", ""),
            "certificates": env.get("SNAKEWEB_SAML_CERTIFICATES", ""),
            "key": env.get("SNAKEWEB_SAML_KEY_FILE", ""),
            "certificate": env.get("SNAKEWEB_SAML_KEY_CERTIFICATE", ""),
            "attributes": json.loads(env.get("SNAKEWEB_SAML_ATTRIBUTES", "{}")),
            "second_factors": tuple(env.get("SNAKEWEB_SAML_SECOND_FACTORS", "").replace(",", " ").split()),
            "email_verified": env.get("SNAKEWEB_SAML_EMAIL_IS_VERIFIED") == "1",
        },
        # The earlier name is of a time when there was no other provider than one of OpenID Connect.
        sign_on_roles=json.loads(env.get("SNAKEWEB_SIGN_ON_ROLES") or env.get("SNAKEWEB_OIDC_ROLES") or "{}"),
        rate_limits=_pairs(env.get("SNAKEWEB_RATE_LIMITS", "")),
        traces_url=_address("SNAKEWEB_TRACES_URL", env.get("SNAKEWEB_TRACES_URL", ""), of_a_server=False),
        traces_headers=json.loads(env.get("SNAKEWEB_TRACES_HEADERS", "{}")),
        traces_ratio=_ratio("SNAKEWEB_TRACES_RATIO", env.get("SNAKEWEB_TRACES_RATIO", "1")),
        log_format=_one_of("SNAKEWEB_LOG_FORMAT", env.get("SNAKEWEB_LOG_FORMAT", "plain"), ("plain", "json")),
        impact_seconds=_seconds(env.get("SNAKEWEB_IMPACT_SECONDS", "5")),
    )
