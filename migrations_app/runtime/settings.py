"""`SNAKEWEB_MIGRATION` and `SNAKEWEB_RUNTIME` of the Django settings, as typed values.

The first takes the keys of the original configuration examples with the defaults of its advanced block (except
`validation_level`, which is `full`); the second the clockwork of leases and slices (DESIGN section 3).
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from migrations_app.engine.vocabulary import ValidationLevel

# What a migration's options may only make stricter (DESIGN section 3).
FLOOR_KEYS = (
    "auto_rollback",
    "validation_level",
    "batch_size",
    "parallel_workers",
    "timeout",
    "backup_enabled",
    "backup_retention",
    "dry_run_required",
    "approval_required",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSettings:
    """`timeout` is in milliseconds, `backup_retention` in days, as in the original examples."""

    enabled: bool = True
    auto_rollback: bool = True
    validation_level: str = ValidationLevel.FULL.value
    progress_reporting: bool = True
    audit_logging: bool = True
    batch_size: int = 1000
    parallel_workers: int = 4
    timeout: int = 3_600_000
    backup_enabled: bool = True
    backup_retention: int = 7
    dry_run_required: bool = True
    approval_required: bool = True
    telemetry_enabled: bool = True
    progress_webhook: str = ""
    alert_on_failure: bool = True
    custom_handlers: Mapping[str, str] = field(default_factory=dict)

    def floor(self) -> dict[str, Any]:
        """Option name -> value that a migration's own options may tighten, never loosen."""
        return {key: getattr(self, key) for key in FLOOR_KEYS}


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a lease lasts, how often it is renewed, and after how much silence of its driver no longer."""

    lease_seconds: float
    renew_seconds: float
    batch_limit_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """All in seconds. The `urgent` ones hold while a route is in a hand-off.

    `batch_limit`: a driver that shows no progress for so long stops renewing its lease.
    """

    lease_seconds: float = 10.0
    renew_seconds: float = 3.0
    batch_limit_seconds: float = 60.0
    slice_seconds: float = 60.0
    poll_seconds: float = 0.25
    resend_seconds: float = 5.0
    watchdog_seconds: float = 1.0
    watchdog_drivers: int = 2
    urgent_lease_seconds: float = 1.0
    urgent_renew_seconds: float = 0.25
    urgent_watchdog_seconds: float = 0.25
    backoff_seconds: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.renew_seconds < self.lease_seconds:
            raise ImproperlyConfigured("SNAKEWEB_RUNTIME: renew_seconds must be above 0 and below lease_seconds.")
        if not 0 < self.urgent_renew_seconds < self.urgent_lease_seconds:
            raise ImproperlyConfigured(
                "SNAKEWEB_RUNTIME: urgent_renew_seconds must be above 0 and below urgent_lease_seconds."
            )

    @property
    def pace(self) -> "Pace":
        return Pace(self.lease_seconds, self.renew_seconds, self.batch_limit_seconds)

    @property
    def urgent_pace(self) -> "Pace":
        """While clients wait: a driver that is silent for two leases is as good as dead."""
        return Pace(self.urgent_lease_seconds, self.urgent_renew_seconds, 2 * self.urgent_lease_seconds)


def current() -> MigrationSettings:
    """Raises ImproperlyConfigured naming the key and the fix."""
    raw = dict(getattr(settings, "SNAKEWEB_MIGRATION", {}))
    values = MigrationSettings(**_checked(MigrationSettings, "SNAKEWEB_MIGRATION", raw))
    if not values.audit_logging:
        raise ImproperlyConfigured("SNAKEWEB_MIGRATION['audit_logging'] cannot be switched off; remove the key.")
    if values.validation_level not in {level.value for level in ValidationLevel}:
        raise ImproperlyConfigured(
            f"SNAKEWEB_MIGRATION['validation_level'] is {values.validation_level!r}; use basic, full or strict."
        )
    for key in ("batch_size", "parallel_workers", "timeout"):
        if getattr(values, key) < 1:
            raise ImproperlyConfigured(f"SNAKEWEB_MIGRATION[{key!r}] must be at least 1.")
    return values


def traces_url() -> str:
    """Where traces go; empty: nowhere. `telemetry_enabled` is above it."""
    return str(settings.SNAKEWEB_TRACES_URL) if current().telemetry_enabled else ""


def impact_seconds() -> float:
    """How often the targets of a live run are read; 0: never. `telemetry_enabled` is above it."""
    return float(settings.SNAKEWEB_IMPACT_SECONDS) if current().telemetry_enabled else 0.0


def custom_handlers() -> Mapping[str, str]:
    """Name -> dotted path of the migration types that the settings name. Raises nothing: it is read at every start."""
    given = getattr(settings, "SNAKEWEB_MIGRATION", {})
    named = given.get("custom_handlers") if isinstance(given, Mapping) else None
    return named if isinstance(named, Mapping) else {}


def runtime_settings() -> RuntimeSettings:
    """Raises ImproperlyConfigured naming the key and the fix."""
    raw = dict(getattr(settings, "SNAKEWEB_RUNTIME", {}))
    return RuntimeSettings(**_checked(RuntimeSettings, "SNAKEWEB_RUNTIME", raw))


def _checked(kind: type, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    known = {declared.name: declared for declared in dataclasses.fields(kind)}
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise ImproperlyConfigured(f"{name} has unknown keys: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    checked = {}
    for key, value in raw.items():
        wanted = known[key].type
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        fits = isinstance(value, Mapping) if wanted not in (bool, int, float, str) else type(value) is wanted
        if not fits:
            raise ImproperlyConfigured(
                f"{name}[{key!r}] is {value!r}; it must be {getattr(wanted, '__name__', 'a map')}."
            )
        checked[key] = value
    return checked
