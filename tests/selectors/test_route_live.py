from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunKind
from migrations_app.models import Run
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.route_live import ServedRange, route_live
from migrations_app.selectors.route_traffic import MOST_SHOWN
from tests.hand_overs import DUAL_A, DUAL_B, lease, panel, parked, route, tell, zero_downtime_run
from tests.runs import a_run
from tests.selectors.journal import event

pytestmark = pytest.mark.django_db
P = RoutePhase


@pytest.fixture
def run(cast):
    return zero_downtime_run(pause_target_ms=250, pause_limit_ms=2_000)


def seen(actor, run, now):
    return route_live(actor=actor, run_id=run.pk, now=now)


def standing(live):
    """done, current and to come, by the first letters."""
    return "".join(stop.state[0] for stop in live.phases)


@pytest.mark.parametrize(
    ("phase", "parts", "states"),
    [
        (P.PLAIN_A, (), "ctttttt"),
        (P.JOURNAL_A, (), "dcttttt"),
        (P.DUAL_A, (), "ddctttt"),
        (P.DUAL_A, ((0, 0, DUAL_B), (1, 255, DUAL_A)), "dddcttt"),
        (P.DUAL_A, ((0, 63, P.HANDOFF), (64, 255, DUAL_A)), "dddcttt"),
        (P.HANDOFF, (), "dddcttt"),
        (P.DUAL_B, (), "ddddctt"),
        (P.SINGLE_B, (), "dddddct"),
        (P.RETIRED, (), "ddddddd"),
    ],
)
def test_where_the_route_stands_on_its_rail(run, viewer, now, phase, parts, states):
    route(*parts, phase=phase)

    assert standing(seen(viewer, run, now)) == states


def test_who_serves_which_buckets(run, viewer, now):
    until = now + timedelta(seconds=2)
    route((0, 25, DUAL_B), (26, 89, P.HANDOFF), (90, 255, DUAL_A), handoff_deadline=until)

    live = seen(viewer, run, now)

    assert (live.on_target, live.handing, live.on_source, live.authority) == (26, 64, 166, "")
    assert live.ranges[:2] == (
        ServedRange(0, 25, DUAL_B, 7, "new", False),
        ServedRange(26, 89, P.HANDOFF, 7, "old", True),
    )
    assert (live.handoff_deadline, live.fenced, live.epoch, live.source) == (until, True, 7, "old")


def test_one_store_serves_all(run, viewer, now):
    route()
    assert seen(viewer, run, now).authority == "old"


def test_bringing_back_is_said_before_the_first_bucket_is_back(run, viewer, now):
    route(phase=DUAL_B)
    Run.objects.update(cutover=CutoverOrder.BACK)

    live = seen(viewer, run, now)

    assert (live.handing_back, standing(live), live.order) == (True, "dddcttt", "back")
    assert live.said == "Every bucket goes back to old, until a person hands over anew."


def test_what_came_of_the_hand_overs(run, viewer, now):
    route(phase=DUAL_B)
    saved = {"waves": 3, "hand_overs": 6, "hand_backs": 1, "aborts": 0, "longest_pause_ms": 138}
    tell(run, event(EventType.CHECKPOINT_SAVED, "switch", checkpoint=saved, done=256, total=256))

    overs = seen(viewer, run, now).hand_overs

    assert (overs.hand_overs, overs.hand_backs, overs.longest_pause_ms) == (6, 1, 138)
    assert (overs.pause_target_ms, overs.pause_limit_ms) == (250, 2_000)


def test_a_soak_says_until_when(run, viewer, now):
    route(phase=DUAL_B)
    until = now + timedelta(minutes=5)
    parked(run, "soak", wake_at=until.isoformat())

    assert seen(viewer, run, now).soaks_until == until


def test_what_may_be_done_and_what_not(run, viewer, now):
    route()

    offers = {offer.operation: (offer.possible, offer.why_not) for offer in seen(viewer, run, now).may}

    assert offers["postpone"] == (True, "")
    assert offers["cut_over"] == (True, "it hands over by itself as soon as every gate is open")
    assert offers["throttle"] == (False, "every session is copied; there is nothing left to slow down")


def test_panels_and_clients_come_with_it(run, viewer, now):
    panel(route(), "relay", at=now, lag_p99_ms=38)

    live = seen(viewer, run, now)

    assert (live.relay.lag_p99_ms, live.verifier, live.gates, live.clients) == (38, None, None, ())


def test_the_table_of_clients_is_cut_and_their_totals_are_not(run, viewer, now):
    row = route(epoch=7)
    for number in range(MOST_SHOWN + 1):
        lease(row, f"old-{number}", renewed_at=now, expires_at=now - timedelta(minutes=1))
    lease(row, "web-1", acked_epoch=6, renewed_at=now, expires_at=now + timedelta(seconds=10))

    live = seen(viewer, run, now)

    assert (len(live.clients), live.clients[0].client_id) == (MOST_SHOWN, "web-1")
    assert (live.traffic.live, live.traffic.behind, live.traffic.silent) == (1, 1, MOST_SHOWN + 1)


def test_before_the_run_took_the_route_up_all_is_to_come(cast, viewer, now):
    live = seen(viewer, zero_downtime_run(done=()), now)

    assert (live.epoch, standing(live), live.ranges) == (0, "ctttttt", ())


def test_a_route_that_another_migration_took_is_not_shown(run, viewer, now):
    route(stores={"a": "new", "b": "newer"})
    assert seen(viewer, run, now) is None


def test_other_runs_have_none(cast, viewer, outsider, now):
    assert seen(viewer, a_run(), now) is None
    dry = zero_downtime_run(kind=RunKind.DRY_RUN)
    assert seen(viewer, dry, now) is None
    with pytest.raises(NotFound):
        seen(outsider, dry, now)


def test_a_look_each_second_is_cheap(run, viewer, now, django_assert_max_num_queries):
    route()
    with django_assert_max_num_queries(10):
        seen(viewer, run, now)
