"""Deleting backups whose time is over. A run's backup lies in the artifact store beneath `backups/run-<its id>/`."""

import logging
import re
from datetime import datetime, timedelta

from django.db.models import Q

from migrations_app.engine.events import EventType
from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunState
from migrations_app.models import Migration, Run, RunEvent
from migrations_app.runtime import composition, settings
from migrations_app.runtime.artifacts import DirectoryArtifacts
from migrations_app.services import audit
from migrations_app.services.actor import SYSTEM, Actor
from migrations_app.services.operation import operation

logger = logging.getLogger(__name__)

BACKUPS = "backups"
_FOLDER = re.compile(r"run-([1-9][0-9]{0,17})")
_MAY_GO_ON = (set(RunState) - FINAL_RUN_STATES) | {RunState.STUCK}


def delete_expired(*, now: datetime, actor: Actor = SYSTEM) -> int:
    """Delete what nobody has to keep any longer. Returns of how many runs; a background loop calls this.

    Nothing is deleted in maintenance mode, and nothing of runs that this database does not know: the directory may
    belong to a Snakeweb that was restored from an older backup.
    """
    if not settings.current().enabled:
        return 0
    store = composition.artifacts()
    named = (_FOLDER.fullmatch(folder) for folder in store.folders(BACKUPS))
    stored = [int(name[1]) for name in named if name]
    runs = Run.objects.filter(pk__in=stored).select_related("revision").order_by("pk")
    return sum(_deleted(store, run.pk, actor=actor, now=now) for run in runs if _over(run, now))


def keep_until(run: Run) -> datetime | None:
    """When the backup of this run may go; None while the run has not ended. Needs `run.revision`.

    The backup step says it in its result; a run that ended before that step did keeps its parts as long, counted
    from its end.
    """
    if run.ended_at is None:
        return None
    succeeded = RunEvent.objects.filter(run=run, type=EventType.STEP_SUCCEEDED).order_by("-seq")
    results = [event.payload.get("result") or {} for event in succeeded]
    said = next((result["keep_until"] for result in results if result.get("keep_until")), None)
    if said is not None:
        return datetime.fromisoformat(said)
    return run.ended_at + timedelta(days=Plan.from_content(run.revision.content).options["backup_retention"])


def _over(run: Run, now: datetime) -> bool:
    until = keep_until(run)
    return until is not None and until <= now


def _deleted(store: DirectoryArtifacts, run_id: int, *, actor: Actor, now: datetime) -> bool:
    try:
        return _delete_one(actor=actor, now=now, store=store, run_id=run_id)
    except OSError as error:
        logger.warning("the backup of run %s could not be deleted, trying again: %s", run_id, error.strerror)
        return False


@operation("backup.delete", about="run", in_maintenance=True)
def _delete_one(*, actor: Actor, now: datetime, store: DirectoryArtifacts, run_id: int) -> bool:
    """A run that starts now has the migration's row, or waits until the files are gone and its entry is written."""
    migration = Migration.objects.select_for_update(of=("self",)).select_related("environment").get(runs=run_id)
    if Run.objects.filter(Q(pk=run_id) | Q(undoes=run_id), state__in=_MAY_GO_ON).exists():
        return False
    run = Run.objects.select_related("revision").get(pk=run_id)
    until = keep_until(run)
    prefix = f"{BACKUPS}/run-{run_id}/"
    audit.record(
        actor=actor,
        now=now,
        action="backup.delete",
        object_type="run",
        object_id=run_id,
        environment=migration.environment.name,
        reason="Its retention has ended.",
        after={"prefix": prefix, "artifacts": len(list(store.keys(prefix))), "keep_until": str(until)},
    )
    store.discard(prefix)  # last: when it fails the entry goes too, and the next call tries again
    return True
