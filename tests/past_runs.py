"""Runs as the journal leaves their rows when they have ended, for what is learned from the past."""

from datetime import datetime, timedelta

from migrations_app.models import Person, PlanRevision, Run, StepRun


def past_run(
    made: PlanRevision,
    ended: datetime,
    *,
    seconds: float,
    sessions: int = 0,
    state: str = "succeeded",
    stores: str = "sqlite to sqlite",
) -> Run:
    """An apply run of this plan, whose step `transfer` took all of its time. `sessions`: as many were expected and
    moved; it is written into the plan, so runs of different volumes are of different plans."""
    if made.estimates:
        made.estimates["steps"] = [{**each, "volume": sessions} for each in made.estimates["steps"]]
        made.save(update_fields=["estimates"])
    began = ended - timedelta(seconds=seconds)
    run = Run.objects.create(
        migration=made.migration,
        environment=made.migration.environment,
        revision=made,
        kind="apply",
        state=state,
        stores=stores,
        started_by=Person.objects.get(username="operator"),
        created_at=began,
        started_at=began,
        ended_at=ended,
        error={"code": "step_failed", "message": "It failed."} if state in ("failed", "rolled_back") else None,
    )
    StepRun.objects.create(
        run=run,
        step="transfer",
        state="succeeded" if state == "succeeded" else "failed",
        done=sessions,
        unit="sessions",
        started_at=began,
        ended_at=ended,
    )
    return run
