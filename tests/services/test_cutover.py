"""Orders on the hand-over: heard at once, recorded, and refused where nobody would act on them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunKind, RunState, Signal
from migrations_app.models import AuditEntry, Lease, Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.services import cutover
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests.hand_overs import DUAL_A, DUAL_B, parked, route, tell, zero_downtime_run
from tests.parallel import at_once, exceptions
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

Order = Callable[..., None]
ORDERS = [
    (cutover.postpone, CutoverOrder.HOLD, "run.postpone"),
    (cutover.cut_over, CutoverOrder.GO, "run.cut_over"),
    (cutover.bring_back, CutoverOrder.BACK, "run.bring_back"),
]
ALL = [order for order, _, _ in ORDERS]


@pytest.fixture
def run(cast: Any) -> Run:
    """At the hand-over, with a tenth of the buckets handed over."""
    run = zero_downtime_run()
    route((0, 25, DUAL_B), (26, 255, DUAL_A))
    return run


def ask(order: Order, actor: Actor, run: Run, **more: Any) -> Run:
    order(actor=actor, now=AT, run_id=run.pk, **more)
    return Run.objects.get(pk=run.pk)


def body_of(entry: AuditEntry) -> Any:
    return json.loads(bytes(entry.body))


def refusal(order: Order, actor: Actor, run: Run, **more: Any) -> Conflict:
    before = Run.objects.get(pk=run.pk)
    with pytest.raises(Conflict) as refused:
        ask(order, actor, run, **more)
    after = Run.objects.get(pk=run.pk)
    assert (after.cutover, after.most_a_second, after.last_seq) == (
        before.cutover, before.most_a_second, before.last_seq
    )  # fmt: skip
    assert AuditEntry.objects.latest("seq").outcome == "denied"
    return refused.value


@pytest.mark.parametrize(("order", "wanted", "action"), ORDERS)
def test_an_order_is_a_level_a_log_line_a_wake_and_an_audit_entry(
    operator: Actor, run: Run, order: Order, wanted: CutoverOrder, action: str
) -> None:
    Lease.objects.update(due_at=None)

    assert ask(order, operator, run).cutover == wanted

    newest = RunEvent.objects.filter(run=run).latest("seq")
    assert (newest.type, newest.payload["by"]) == (EventType.LOGGED, "operator")
    assert "operator" in newest.payload["message"]
    assert Lease.objects.get(run=run).due_at is not None
    entry = body_of(AuditEntry.objects.get())
    assert (entry["action"], entry["before"], entry["after"]) == (action, {"cutover": ""}, {"cutover": str(wanted)})


@pytest.mark.parametrize(("order", "wanted", "action"), ORDERS)
def test_the_order_that_holds_already_changes_nothing(
    operator: Actor, run: Run, order: Order, wanted: CutoverOrder, action: str
) -> None:
    first = ask(order, operator, run)
    again = ask(order, operator, run)

    assert (again.cutover, again.last_seq) == (wanted, first.last_seq)
    assert AuditEntry.objects.count() == 1


def test_one_replaces_another_as_often_as_wanted(operator: Actor, run: Run) -> None:
    for order, wanted, _ in [*ORDERS, *ORDERS]:
        assert ask(order, operator, run).cutover == wanted
    assert AuditEntry.objects.count() == 6


def test_a_run_that_gave_up_is_released_with_the_same_order(operator: Actor, run: Run) -> None:
    ask(cutover.cut_over, operator, run)
    run.refresh_from_db()
    parked(run, "held")

    released = ask(cutover.cut_over, operator, run)

    assert released.last_seq == run.last_seq + 1
    assert Lease.objects.get(run=run).due_at is not None


def test_it_may_be_given_before_the_hand_over_begins(operator: Actor, cast: Any) -> None:
    run = zero_downtime_run(done=("prepare",))

    assert ask(cutover.postpone, operator, run).cutover == CutoverOrder.HOLD


@pytest.mark.parametrize("order", ALL)
def test_a_run_that_waits_for_time_or_a_person_hears_it(operator: Actor, run: Run, order: Order) -> None:
    for reason in ("soak", "held"):
        parked(run, reason)
        ask(order, operator, run)
        tell(run, NewEvent(EventType.RUN_RESUMED))


@pytest.mark.parametrize("order", ALL)
def test_other_runs_have_nothing_to_hand_over(operator: Actor, cast: Any, order: Order) -> None:
    standard = a_run()
    assert "no zero-downtime hand-over" in refusal(order, operator, standard).message


@pytest.mark.parametrize("order", ALL)
def test_a_dry_run_hands_nothing_over(operator: Actor, cast: Any, order: Order) -> None:
    assert "a dry run hands nothing over" in refusal(order, operator, zero_downtime_run(kind=RunKind.DRY_RUN)).message


@pytest.mark.parametrize("order", ALL)
def test_a_run_that_turned_round_or_ended_hears_nothing(operator: Actor, run: Run, order: Order) -> None:
    for signal in (Signal.CANCEL, Signal.ROLL_BACK):
        Run.objects.update(signal=signal)
        assert "it rolls back" in refusal(order, operator, run).message
    Run.objects.update(signal="", state=RunState.ROLLING_BACK)
    assert "it rolls back" in refusal(order, operator, run).message
    Run.objects.update(state=RunState.SUCCEEDED)
    refused = refusal(order, operator, run)
    assert (refused.reason, "it is succeeded" in refused.message) == ("not_possible", True)


@pytest.mark.parametrize("order", ALL)
def test_once_the_target_has_proven_itself_only_a_rollback_leads_back(operator: Actor, cast: Any, order: Order) -> None:
    run = zero_downtime_run(done=("prepare", "transfer", "switch"))
    route(phase=DUAL_B)

    assert "rolling back brings them back" in refusal(order, operator, run).message


def test_what_is_handed_over_already_is_neither_handed_over_nor_postponed(operator: Actor, run: Run) -> None:
    route(phase=DUAL_B)

    for order in (cutover.cut_over, cutover.postpone):
        assert "new serves every bucket already" in refusal(order, operator, run).message
    assert ask(cutover.bring_back, operator, run).cutover == CutoverOrder.BACK
    assert ask(cutover.cut_over, operator, run).cutover == CutoverOrder.GO  # before the first bucket went back


def test_bringing_back_stops_a_hand_off_under_way(operator: Actor, run: Run) -> None:
    route((0, 63, RoutePhase.HANDOFF), (64, 255, DUAL_A))

    assert ask(cutover.bring_back, operator, run).cutover == CutoverOrder.BACK


def test_asking_at_once_is_recorded_once(operator: Actor, run: Run) -> None:
    outcomes = at_once(*[lambda: ask(cutover.postpone, operator, run)] * 4)

    assert exceptions(outcomes) == []
    assert AuditEntry.objects.count() == 1


def test_the_pace_of_the_copy(operator: Actor, cast: Any) -> None:
    run = zero_downtime_run(done=("prepare",))

    assert ask(cutover.throttle, operator, run, most_a_second=5_000).most_a_second == 5_000
    assert "at most 5,000 sessions a second" in RunEvent.objects.latest("seq").payload["message"]
    assert ask(cutover.throttle, operator, run, most_a_second=5_000).last_seq == RunEvent.objects.latest("seq").seq
    assert ask(cutover.throttle, operator, run, most_a_second=0).most_a_second == 0
    bodies = [body_of(entry) for entry in AuditEntry.objects.order_by("seq")]
    assert [(body["before"], body["after"]) for body in bodies] == [
        ({"most_a_second": 0}, {"most_a_second": 5_000}),
        ({"most_a_second": 5_000}, {"most_a_second": 0}),
    ]


@pytest.mark.parametrize("wish", [-1, 10_000_001, "many"])
def test_a_pace_that_cannot_be(operator: Actor, cast: Any, wish: Any) -> None:
    run = zero_downtime_run(done=("prepare",))
    with pytest.raises(InvalidInput) as refused:
        ask(cutover.throttle, operator, run, most_a_second=wish)
    assert [problem.field for problem in refused.value.problems] == ["most_a_second"]


def test_a_finished_copy_has_no_pace(operator: Actor, run: Run) -> None:
    assert "every session is copied" in refusal(cutover.throttle, operator, run, most_a_second=5).message


@pytest.mark.parametrize("order", ALL)
def test_only_an_operator_orders(viewer: Actor, outsider: Actor, run: Run, order: Order) -> None:
    with pytest.raises(PermissionDenied):
        ask(order, viewer, run)
    with pytest.raises(NotFound):
        ask(order, outsider, run)
    with pytest.raises(NotFound):
        order(actor=viewer, now=AT, run_id=10**9)
    assert Run.objects.get().cutover == ""
