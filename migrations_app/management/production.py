"""What no process of a production installation starts with: each reason at once, and what to do about it.

Production is where host names to serve are given. Switches of tests (`SNAKEWEB_GUARDS_OFF`, `SNAKEWEB_CRASH_AT`) are
refused where they are read, in `engine/`, so that a service that only embeds the router refuses them too.
"""

import re
from collections.abc import Iterator
from typing import Any

LEAST_KEY = 32  # characters
LEAST_VARIETY = 8  # different ones
_EXAMPLE = re.compile(r"change|example|insecure|secret|password|default|your|demo|test|^(.{1,8})\1+$", re.IGNORECASE)
_WEAK_HASHERS = ("MD5", "Unsalted", "SHA1PasswordHasher")


class UnsafeProduction(SystemExit):
    """The process ends with this text on standard error; nothing was started."""


def refuse_what_is_unsafe(settings: Any) -> None:
    """Raises UnsafeProduction. Looks at the settings as they are in the end, a module of one's own included."""
    if not getattr(settings, "SNAKEWEB_PRODUCTION", False):
        return
    found = list(unsafe(settings))
    if found:
        lines = "\n".join(f"  - {reason}" for reason in found)
        raise UnsafeProduction(f"Snakeweb was not started: SNAKEWEB_ALLOWED_HOSTS makes this production, and\n{lines}")


def unsafe(settings: Any) -> Iterator[str]:
    """Sentences, none of which repeats a secret."""
    if settings.DEBUG or settings.SNAKEWEB_DEBUG_ASKED:
        yield "DEBUG is on, which shows tracebacks to everybody. Remove SNAKEWEB_DEBUG, and DEBUG from your settings."
    yield from _hosts(settings)
    yield from _keys(settings)
    yield from _cookies(settings)
    if getattr(settings, "MFA_TOTP_INSECURE_BYPASS_CODE", None):
        yield "MFA_TOTP_INSECURE_BYPASS_CODE lets one code pass for every second factor. Remove it."
    if any(weak in hasher for hasher in settings.PASSWORD_HASHERS[:1] for weak in _WEAK_HASHERS):
        yield "PASSWORD_HASHERS begins with a hash that is broken in minutes. Remove the setting: Django's own is good."


def _hosts(settings: Any) -> Iterator[str]:
    if any("*" in host for host in settings.ALLOWED_HOSTS):
        yield "“*” in the host names serves whoever names any host. Name the hosts in SNAKEWEB_ALLOWED_HOSTS."


def _keys(settings: Any) -> Iterator[str]:
    advice = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one"
    if settings.SNAKEWEB_SECRET_KEYS_GENERATED:
        yield (
            "SNAKEWEB_SECRET_KEYS is not set: the keys in use were generated on this machine, and others have not got "
            f"them. To keep what is sealed already, start with the key in {settings.SNAKEWEB_STATE / 'secret_keys'}; "
            f"else {advice}. Every process needs the same keys."
        )
        return
    keys = settings.SNAKEWEB_SECRET_KEYS
    for number, key in enumerate(keys, 1):
        if _EXAMPLE.search(key) and not _is_random(key):
            yield f"key {number} of SNAKEWEB_SECRET_KEYS is an example that everybody knows. Make one: {advice}."
        elif len(key) < LEAST_KEY or len(set(key)) < LEAST_VARIETY:
            yield f"key {number} of SNAKEWEB_SECRET_KEYS can be guessed: it is short, or of few characters. {advice}."
    if len(set(keys)) < len(keys):
        yield "SNAKEWEB_SECRET_KEYS lists a key twice. Remove the second."
    if settings.SECRET_KEY not in keys:
        yield "SECRET_KEY is none of SNAKEWEB_SECRET_KEYS. Remove it from your settings."


def _is_random(key: str) -> bool:
    """Digits, capitals and small letters, as no example in words has; so that a word in it by chance is no reason."""
    return len(key) >= LEAST_KEY and all(re.search(kind, key) for kind in ("[0-9]", "[A-Z]", "[a-z]"))


def _cookies(settings: Any) -> Iterator[str]:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"):
        if not getattr(settings, name):
            yield f"{name} is off, so that a session can be read on its way. Remove it from your settings."
    if str(settings.SESSION_COOKIE_SAMESITE) not in ("Lax", "Strict"):
        yield "SESSION_COOKIE_SAMESITE lets other sites send the session along. Set it to “Lax”."
