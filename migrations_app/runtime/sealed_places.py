"""Everywhere that a secret key of `SNAKEWEB_SECRET_KEYS` holds something, so that a rotation finds all of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models

from migrations_app.models import ApiToken, AuditCheckpoint, OutgoingSecret, SealedSecret, StoredSecret
from migrations_app.runtime import sealing
from migrations_app.runtime.artifacts import DirectoryArtifacts
from migrations_app.runtime.secrets import (
    from_text,
    key_id,
    keys,
    outgoing_context,
    rewrap,
    rewrap_factor,
    sealed_in,
    secret_context,
    target_context,
)

_FACTORS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


CLEAR = ""  # stands for the key of what is not sealed: second factors of before they were


@dataclass(frozen=True, slots=True)
class Place:
    """A table with sealed values; `key_of`, `label` and `rewrap` take one of its `rows()`.

    `rewrap` saves the row under the first listed key, and is False where it was there already; it raises
    SecretUnreadable. The caller holds the row's lock.
    """

    name: str
    rows: Callable[[], models.QuerySet[Any]]
    key_of: Callable[[Any], str]
    label: Callable[[Any], str]
    rewrap: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one key holds: how many, by what they are. `position` in SNAKEWEB_SECRET_KEYS from 1; 0: not listed."""

    key_id: str
    position: int
    counts: Mapping[str, int]


def holdings() -> list[Holding]:
    """For each key that is listed or holds anything. '' is the key of what is not sealed at all."""
    counts: dict[str, Counter[str]] = {key_id(key): Counter() for key in keys()}
    for what, held in _held():
        counts.setdefault(held, Counter())[what] += 1
    listed = [key_id(key) for key in keys()]
    return [Holding(key, listed.index(key) + 1 if key in listed else 0, dict(found)) for key, found in counts.items()]


def _held() -> Iterator[tuple[str, str]]:
    for place in PLACES:
        for row in place.rows().order_by("pk").iterator(chunk_size=500):
            yield place.name, place.key_of(row)
    for token in ApiToken.objects.filter(revoked_at=None).values_list("key_id", flat=True).iterator():
        yield "API tokens", token
    by_public_key = {sealing.signer_of(key).public.hex(): key_id(key) for key in keys()}
    for public in AuditCheckpoint.objects.values_list("public_key", flat=True).iterator():
        yield "audit checkpoints", by_public_key.get(public, f"public key {public[:12]}…")
    artifacts = DirectoryArtifacts.from_url(settings.SNAKEWEB_ARTIFACTS_URL)
    for name in artifacts.keys(""):
        yield "artifacts", artifacts.sealed_by(name)


def _rewrap_row(context: Callable[[Any], str]) -> Callable[[Any], bool]:
    def apply(row: Any) -> bool:
        if row.key_id == key_id(keys()[0]) and row.wrapped:
            return False
        fresh = rewrap(sealed_in(row), context=context(row))
        row.key_id, row.sealed, row.wrapped = fresh.key_id, fresh.data, fresh.wrapped
        row.save(update_fields=["key_id", "sealed", "wrapped"])
        return True

    return apply


def _factor_text(row: Authenticator) -> str:
    return str(row.data.get(_FACTORS[row.type], ""))


def _factor_key(row: Authenticator) -> str:
    sealed = from_text(_factor_text(row))
    return sealed.key_id if sealed else CLEAR


def _rewrap_factor(row: Authenticator) -> bool:
    if _factor_key(row) == key_id(keys()[0]) or not _factor_text(row):
        return False
    row.data[_FACTORS[row.type]] = rewrap_factor(_factor_text(row))
    row.save(update_fields=["data"])
    return True


PLACES = (
    Place(
        "target credentials",
        lambda: SealedSecret.objects.select_related("target__environment"),
        lambda row: str(row.key_id),
        lambda row: f"{row.name} of target {row.target.name} in {row.target.environment.name}",
        _rewrap_row(lambda row: target_context(row.target_id, row.name)),
    ),
    Place(
        "stored secrets",
        lambda: StoredSecret.objects.select_related("environment"),
        lambda row: str(row.key_id),
        lambda row: f"secret {row.name} of {row.environment.name}",
        _rewrap_row(lambda row: secret_context(row.environment_id, row.name)),
    ),
    Place(
        "receivers of outgoing calls",
        lambda: OutgoingSecret.objects.all(),
        lambda row: str(row.key_id),
        lambda row: f"{row.name} of {row.owner}",
        _rewrap_row(lambda row: outgoing_context(row.owner, row.name)),
    ),
    Place(
        "second factors",
        lambda: Authenticator.objects.filter(type__in=_FACTORS).select_related("user"),
        _factor_key,
        lambda row: f"{row.get_type_display()} of {row.user.get_username()}",
        _rewrap_factor,
    ),
)
