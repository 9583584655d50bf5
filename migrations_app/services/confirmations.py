"""Sign-offs: the separate confirmation that a step of a live run waits for (cleaning up the source, say)."""

from datetime import datetime

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import Decision
from migrations_app.models import Run, StepRun
from migrations_app.models.actor import Actor
from migrations_app.runtime import journal, work
from migrations_app.runtime.leases import Scope
from migrations_app.services import audit, finding, runs
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, SignInRequired
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission

_DECISIONS = (Decision.APPROVE, Decision.REJECT)


@operation("run.sign_off", about="run")
def sign_off(*, actor: Actor, now: datetime, run_id: int, step: str, digest: str, decision: str) -> None:
    """Answer the confirmation of a step; `digest` is the plan's, as it was shown with the question.

    `approve` lets the step run, `reject` skips it. Only a person in a browser can; a token never signs.
    """
    if actor.token_id is not None or actor.scopes is not None:
        raise SignInRequired(
            "A token cannot confirm a step; nothing was changed.", "Open the run's page in a browser and decide there."
        )
    check = Check()
    answer = check.one_of("decision", decision, list(_DECISIONS), "decision")
    check.done()
    run = runs.locked_run(run_id, actor, Permission.SIGN_OFF)
    finding.person(actor)
    _refuse_other(run, step, digest)
    given = NewEvent(EventType.CONFIRMATION_GIVEN, step, payload={"decision": answer, "by": actor.username})
    journal.append_by_person(run, [given], now=now)
    work.want_drivers([Scope(run.pk)], now=now)
    audit.record(
        actor=actor,
        now=now,
        action="run.sign_off",
        object_type="run",
        object_id=run.pk,
        environment=run.migration.environment.name,
        after={"step": step, "decision": answer, "digest": digest},
    )


def _refuse_other(run: Run, step: str, digest: str) -> None:
    if digest != run.revision.digest:
        raise Conflict(
            f"Run {run.pk} executes another plan than the one you were shown; nothing was changed.",
            "Load the run's page again and decide on what it shows.",
            reason="digest_changed",
        )
    if not StepRun.objects.filter(run=run, step=step, partition=0).exists():
        raise Conflict(
            f"Run {run.pk} has no step “{str(step)[:60]}”; nothing was changed.",
            "Load the run's page again.",
            reason="unknown_step",
        )
