"""Comparing and restoring versions of a configuration. A restore is a migration like any other: planned and signed."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.handlers.config.parameters import TARGET
from migrations_app.handlers.config.side_by_side import Comparison, compare
from migrations_app.models.actor import Actor
from migrations_app.runtime import composition
from migrations_app.selectors.configuration_history import ConfigurationHistory, VersionRow, configuration_history
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import planning
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.planning import Planned


@dataclass(frozen=True, slots=True)
class VersionsCompared:
    before: VersionRow
    after: VersionRow
    comparison: Comparison


def compare_versions(*, actor: Actor, target_id: int, before: int, after: int) -> VersionsCompared:
    """Two versions of the history by number. Raises NotFound, and what reading a snapshot raises."""
    history = configuration_history(actor=actor, target_id=target_id)
    old, new = _version(history, before), _version(history, after)
    store = composition.artifacts()
    contents = [snapshots.load(store, target_id, version.fingerprint) for version in (old, new)]
    return VersionsCompared(old, new, compare(*contents))


def plan_restore(*, actor: Actor, now: datetime, target_id: int, number: int, title: str = "") -> Planned:
    """A new migration, planned, that writes the content of that version. Nothing is written by this.

    Raises NotFound, PermissionDenied, and InvalidInput when it cannot be planned (the files are as that version has
    them, one of its files is not there any more).
    """
    history = configuration_history(actor=actor, target_id=target_id)
    version = _version(history, number)
    draft = MigrationDraft(
        title=title or f"Restore {history.target.name} to version {number}",
        environment_id=history.target.environment_id,
        type=MigrationType.CONFIG,
        handler=ConfigMigration.name,
        targets={TARGET: target_id},
        parameters={"restore": version.fingerprint},
        description=f"Writes what the files held on {version.at:%Y-%m-%d %H:%M} UTC, byte for byte.",
    )
    return planning.create_and_plan(actor=actor, now=now, draft=draft)


def _version(history: ConfigurationHistory, number: int) -> VersionRow:
    found = history.version(number)
    if found is None:
        raise NotFound(f"{history.target.name} has no version {number}.", "Choose one of its history.")
    return found
