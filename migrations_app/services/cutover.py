"""The hand-over of a live zero-downtime run: postponed, released, brought back; and the pace of its copy.

An order is a level, not an edge: it holds until another replaces it, and the run brings the route to where the order
wants it. To give the order that holds already changes nothing, but for a run that has given up and waits.
"""

from datetime import datetime
from typing import Any

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, CutoverOrder, RunKind, RunState, Signal
from migrations_app.models import Run
from migrations_app.models.actor import Actor
from migrations_app.runtime import journal, work
from migrations_app.runtime.leases import Scope
from migrations_app.selectors import hand_over
from migrations_app.selectors.hand_over import Standing
from migrations_app.services import audit
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.runs import locked_run

MOST_A_SECOND = 10_000_000
_TURNED_ROUND = (Signal.CANCEL, Signal.ROLL_BACK)


@operation("run.postpone", about="run")
def postpone(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Hand nothing more over until somebody releases it; what has been handed over stays."""
    run = locked_run(run_id, actor, Permission.CONTROL)
    _order(run, actor, now, hand_over.POSTPONE, "run.postpone", "The hand-over was postponed")


@operation("run.cut_over", about="run")
def cut_over(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Hand over as soon as every gate is open; also again, after everything was brought back."""
    run = locked_run(run_id, actor, Permission.CONTROL)
    _order(run, actor, now, hand_over.CUT_OVER, "run.cut_over", "The hand-over was released")


@operation("run.bring_back", about="run")
def bring_back(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Give a hand-off under way up, and let the source serve every bucket again; the run lives on and waits."""
    run = locked_run(run_id, actor, Permission.ROLL_BACK)
    _order(run, actor, now, hand_over.BRING_BACK, "run.bring_back", "Bringing every bucket back was asked for")


@operation("run.throttle", about="run")
def throttle(*, actor: Actor, now: datetime, run_id: int, most_a_second: int) -> None:
    """Copy at most so many sessions a second, all workers together; 0: as fast as the stores allow."""
    run = locked_run(run_id, actor, Permission.CONTROL)
    at = _standing(run, "slowed down")
    _possible(run, at, hand_over.THROTTLE, "slowed down")
    check = Check()
    most = check.integer("most_a_second", most_a_second, least=0, most=MOST_A_SECOND)
    if 0 < most < at.moved.workers:
        why = f"{at.moved.workers} workers share it; each needs one session a second at least."
        check.problem("most_a_second", why, f"Give {at.moved.workers} or more, or pause the run.", "out_of_range")
    check.done()
    if most == run.most_a_second:
        return
    said = f"The copy may take at most {most:,} sessions a second" if most else "The copy may go as fast as it can"
    _save(run, actor, now, "run.throttle", f"{said}, said {actor.username}.", {"most_a_second": most})


def _order(run: Run, actor: Actor, now: datetime, name: str, action: str, what: str) -> None:
    order = hand_over.ORDERS[name]
    refused_as = {"cut_over": "handed over", "postpone": "postponed", "bring_back": "brought back"}[name]
    at = _standing(run, refused_as)
    gave_up = order is CutoverOrder.GO and at.parked_for == ParkedFor.HELD
    if at.order is order and not gave_up and _hears(at):
        work.want_drivers([Scope(run.pk)], now=now)
        return
    _possible(run, at, name, refused_as)
    _save(run, actor, now, action, f"{what} by {actor.username}.", {"cutover": str(order)})


def _hears(at: Standing) -> bool:
    return not hand_over.impossible(at, hand_over.BRING_BACK)


def _standing(run: Run, refused_as: str) -> Standing:
    moved = hand_over.moved_route(run.revision.content)
    if moved is None:
        raise _refusal(run, refused_as, "its plan has no zero-downtime hand-over")
    return hand_over.standing_of(run, moved, hand_over.route_row(run, moved))


def _possible(run: Run, at: Standing, name: str, refused_as: str) -> None:
    if why := hand_over.impossible(at, name):
        raise _refusal(run, refused_as, why)


def _save(run: Run, actor: Actor, now: datetime, action: str, said: str, after: dict[str, Any]) -> None:
    """Say so in the run's log at once (watchers see that it was heard), wake the run, and record it."""
    before = {name: getattr(run, name) for name in after}
    live = Run.objects.filter(pk=run.pk, kind=RunKind.APPLY)
    live = live.exclude(state__in=(*FINAL_RUN_STATES, RunState.ROLLING_BACK)).exclude(signal__in=_TURNED_ROUND)
    if live.update(**after) != 1:
        raise _refusal(run, "asked for that", "it turned round or ended a moment ago")
    line = {"level": "info", "message": said, "by": actor.username}
    journal.append_by_person(run, [NewEvent(EventType.LOGGED, payload=line)], now=now)
    work.want_drivers([Scope(run.pk)], now=now)
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="run",
        object_id=run.pk,
        environment=run.migration.environment.name,
        before=before,
        after=after,
    )


def _refusal(run: Run, what: str, why: str) -> Conflict:
    return Conflict(
        f"Run {run.pk} cannot be {what}: {why}. Nothing was changed.",
        "Look at the run's page for what is possible now.",
        reason="not_possible",
        state=run.state,
    )
