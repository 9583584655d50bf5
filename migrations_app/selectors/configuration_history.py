"""The history of a configuration: every content that runs found, wrote or gave back, read from their journals.

Nothing is kept twice: a version is what a step's outcome says of it, its bytes are the snapshot of that fingerprint.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunKind, TargetKind
from migrations_app.models import RunEvent, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.targets import TargetRow, rows_of, visible_target

MOST_VERSIONS = 200
_BACKUP, _WRITE = "backup", "write"


class Moment(StrEnum):
    """How a content came to be seen. FOUND: as it was before a run, whoever made it."""

    FOUND = "found"
    WRITTEN = "written"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One content. `number` counts from 1, the oldest; `snakepit` is the version it is for, '' when unknown.

    `same_as`: the number of the oldest version with the very same bytes, 0 when this is the first of them.
    """

    number: int
    fingerprint: str
    snakepit: str
    moment: Moment
    at: datetime
    by: str
    run_id: int
    migration_id: int
    migration_title: str
    files: tuple[str, ...]
    same_as: int


@dataclass(frozen=True, slots=True)
class ConfigurationHistory:
    """`versions` are the newest first; `older` were left out. The first one is what Snakeweb saw last."""

    target: TargetRow
    versions: tuple[VersionRow, ...]
    older: int
    can_restore: bool
    why_not_restore: str

    def version(self, number: int) -> VersionRow | None:
        return next((version for version in self.versions if version.number == number), None)


def configuration_history(*, actor: Actor, target_id: int) -> ConfigurationHistory:
    """Raises NotFound, for a target of another kind too."""
    target = visible_target(actor, target_id)
    if target.kind != TargetKind.CONFIG_FILE:
        raise NotFound(f"{target.name} is no configuration, so it has no versions.", "Look at the target's page.")
    versions = tuple(reversed(list(_versions(target))))
    why = ""
    if not access_of(actor).can(Permission.AUTHOR, target.environment_id):
        why = f"only operators of {target.environment.name} plan a restore"
    elif target.archived_at is not None:
        why = "the target is archived"
    return ConfigurationHistory(
        rows_of([target])[0], versions[:MOST_VERSIONS], max(0, len(versions) - MOST_VERSIONS), not why, why
    )


def _versions(target: Target) -> Iterator[VersionRow]:
    """The oldest first. What a run finds as the one before left it is no new version."""
    first_seen: dict[str, int] = {}
    newest, number = "", 0
    for moment, fingerprint, snakepit, event in _seen(target):
        if fingerprint == newest:
            continue
        newest, number = fingerprint, number + 1
        run = event.run
        yield VersionRow(
            number=number,
            fingerprint=fingerprint,
            snakepit=snakepit,
            moment=moment,
            at=event.at,
            by="" if moment is Moment.FOUND else str(run.started_by),
            run_id=run.pk,
            migration_id=run.migration_id,
            migration_title=run.migration.title,
            files=tuple(sorted(event.payload.get("result", {}).get("files", ()))),
            same_as=first_seen.get(fingerprint, 0),
        )
        first_seen.setdefault(fingerprint, number)


def _seen(target: Target) -> Iterator[tuple[Moment, str, str, RunEvent]]:
    """Moment, fingerprint, version, and the event that says so, in the order of the runs' effects."""
    found: dict[int, tuple[str, str]] = {}  # by run: what its backup step kept
    events = (
        RunEvent.objects.filter(
            run__migration__target_roles__target=target,
            run__kind__in=(RunKind.APPLY, RunKind.ROLLBACK),
            type__in=(EventType.STEP_SUCCEEDED, EventType.UNDO_SUCCEEDED),
            step__in=(_BACKUP, _WRITE),
        )
        .select_related("run__started_by", "run__migration")
        .order_by("at", "run_id", "seq")
    )
    for event in events:
        result = event.payload.get("result") or {}
        if event.type == EventType.UNDO_SUCCEEDED:
            kept = found.get(event.run.undoes_id or event.run_id)
            if event.step == _WRITE and kept is not None:
                yield Moment.GIVEN_BACK, *kept, event
        elif "fingerprint" in result:
            if event.step == _BACKUP:
                found[event.run_id] = result["fingerprint"], result.get("version", "")
            moment = Moment.FOUND if event.step == _BACKUP else Moment.WRITTEN
            yield moment, result["fingerprint"], result.get("version", ""), event
