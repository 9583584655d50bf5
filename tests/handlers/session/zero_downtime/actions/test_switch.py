import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase
from migrations_app.handlers.session.zero_downtime.actions import switch
from migrations_app.handlers.session.zero_downtime.actions.switch import MOST_ABORTS
from migrations_app.handlers.session.zero_downtime.hand_off import BACK, FORWARD
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.memory import ManualClock
from tests.handlers.session.contexts import Log, Notebook
from tests.handlers.session.moves import content
from tests.handlers.session.zero_downtime.actions.stage import Stage
from tests.handlers.session.zero_downtime.world import ids_in

P = RoutePhase


def served(stage: Stage) -> int:
    return len(buckets_in(stage.record, P.DUAL_B))


class Watching(Notebook):
    """Remembers how many buckets were served by the target at each save, and acts there."""

    def __init__(self, stage: Stage, act: object = None) -> None:
        super().__init__()
        self.stage, self.act, self.waves = stage, act, []

    def save(self, checkpoint: object, **values: object) -> None:
        super().save(checkpoint, **values)
        self.waves.append(served(self.stage))
        self._act()

    def alive(self) -> None:
        self._act()

    def _act(self) -> None:
        if callable(self.act):
            self.act()


def waits(stage: Stage, book: Notebook, **changes: object) -> Waits:
    with pytest.raises(Waits) as raised:
        stage.do("switch", progress=book, checkpoint=book.last, **changes)
    return raised.value


def test_a_canary_a_tenth_then_all_in_chunks(stage: Stage) -> None:
    book = Watching(stage.before("switch"))
    result = stage.do("switch", progress=book)

    assert book.waves == [1, 26, 90, 154, 218, 256]
    assert (result["hand_overs"], result["hand_backs"]) == (6, 0)
    assert content(stage.move.target) == content(stage.move.source)


def test_each_wave_soaks_and_holds_no_worker_meanwhile(stage: Stage) -> None:
    stage.before("switch")
    stage.move.spec.parameters["canary_soak_ms"] = 60_000  # type: ignore[index]
    book = Watching(stage)
    wait = waits(stage, book)

    assert (wait.reason, served(stage), book.last["waves"]) == (ParkedFor.SOAK, 1, 1)
    assert wait.wake_at is not None
    assert wait.wake_at.timestamp() * 1000 > stage.move.clock.now().timestamp() * 1000
    assert waits(stage, book).wake_at == wait.wake_at


def test_a_wave_that_its_driver_did_not_live_to_note_soaks_all_the_same(stage: Stage) -> None:
    stage.before("switch")
    stage.move.spec.parameters["canary_soak_ms"] = 60_000  # type: ignore[index]
    book = Watching(stage)
    with armed("hand_off.done:1:raise"), pytest.raises(Crash):
        stage.do("switch", progress=book)
    assert (served(stage), book.last) == (1, {})

    assert (waits(stage, book).reason, served(stage)) == (ParkedFor.SOAK, 1)


def test_after_a_way_back_that_stopped_half_way_the_waves_soak_again(stage: Stage) -> None:
    stage.before("switch").do("switch")
    stage.move.spec.parameters["canary_soak_ms"] = 60_000  # type: ignore[index]
    stage.move.live.cutover = CutoverOrder.BACK
    book = Watching(stage)
    long_ago = {"waves": 3, "wave_at": "2026-03-02T09:00:00+00:00", "hand_overs": 6}
    with armed("hand_off.done:1:raise"), pytest.raises(Crash):
        stage.do("switch", progress=book, checkpoint=long_ago)
    assert served(stage) == 192

    stage.move.live.cutover = CutoverOrder.GO
    book.saved.append(long_ago)
    assert (waits(stage, book).reason, served(stage)) == (ParkedFor.SOAK, 192)


def test_the_last_soak_is_the_plans(stage: Stage) -> None:
    stage.before("switch")
    stage.move.spec.parameters["soak_ms"] = 60_000  # type: ignore[index]

    assert waits(stage, Watching(stage)).reason is ParkedFor.SOAK
    assert served(stage) == 256


def test_a_plan_that_waits_to_be_released(stage: Stage) -> None:
    stage.before("switch")
    stage.move.spec.parameters["hand_over"] = "released"  # type: ignore[index]
    book = Watching(stage)
    assert waits(stage, book).reason is ParkedFor.HELD
    assert served(stage) == 0

    stage.move.live.cutover = CutoverOrder.GO
    stage.do("switch", progress=book, checkpoint=book.last)
    assert served(stage) == 256


def test_an_order_to_hold_takes_effect_between_waves(stage: Stage) -> None:
    stage.before("switch")

    def hold() -> None:
        if served(stage) == 26:
            stage.move.live.cutover = CutoverOrder.HOLD

    assert waits(stage, Watching(stage, hold)).reason is ParkedFor.HELD
    assert served(stage) == 26


def test_an_order_to_bring_everything_back_and_then_to_go_again(stage: Stage) -> None:
    stage.before("switch").do("switch")
    stage.write("one", b"there")
    stage.move.live.cutover = CutoverOrder.BACK
    book = Watching(stage)
    assert waits(stage, book).reason is ParkedFor.HELD
    assert (served(stage), book.last["hand_backs"]) == (0, 4)
    assert content(stage.move.source)["one"][0] == b"there"

    stage.move.live.cutover = CutoverOrder.GO
    assert stage.do("switch", progress=book, checkpoint=book.last)["hand_overs"] == 6
    assert served(stage) == 256


@pytest.mark.parametrize("order", [CutoverOrder.HOLD, CutoverOrder.BACK])
def test_an_order_is_heard_while_gates_are_closed(stage: Stage, order: CutoverOrder) -> None:
    stage.before("switch")
    stage.move.live.told["relay"] = {"lag_p99_ms": 10_000}

    def ask() -> None:
        stage.move.live.cutover = order

    assert waits(stage, Watching(stage, ask)).reason is ParkedFor.HELD
    gates = stage.move.live.panels["gates"]["gates"]
    assert [gate["id"] for gate in gates if not gate["open"]] == ["G3"]
    assert served(stage) == 0


class Damaging(Watching):
    """Somebody damages on one side whatever a hand-over carries, before it is compared."""

    def __init__(self, stage: Stage, side: str, session_id: str) -> None:
        def damage() -> None:
            with stage.store(side) as store:
                store.write(SessionRecord(session_id, b"damaged"), None)

        super().__init__(stage, damage)


def test_after_a_difference_under_the_fence_a_whole_pass_must_prove_the_stores_level(stage: Stage) -> None:
    canary = ids_in(0)[0]
    stage.before("switch").write(canary, b"1")
    proven = stage.move.clock.now().isoformat()
    stage.move.live.told["verifier"] = {"clean_since": proven}

    class Asked(Damaging):
        """A person asks to hold as soon as the run waits at a gate."""

        def alive(self) -> None:
            super().alive()
            if self.saved:
                stage.move.live.cutover = CutoverOrder.HOLD

    book = Asked(stage, "b", canary)
    assert waits(stage, book).reason is ParkedFor.HELD

    assert book.last["aborts"] == 1
    assert book.last["differed_at"] > proven
    closed = [gate["id"] for gate in stage.move.live.panels["gates"]["gates"] if not gate["open"]]
    assert closed[0] == "G1"
    assert served(stage) == 0


def test_what_was_carried_while_listening_is_compared_although_its_journal_is_empty(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = ids_in(0)[0]
    stage.before("switch").write(canary, b"1")
    stage.move.live.told["verifier"] = {"clean_since": stage.move.clock.now().isoformat()}

    class Asked(Watching):
        def alive(self) -> None:
            stage.move.live.cutover = CutoverOrder.HOLD

    def damage(_seconds: float) -> None:
        with stage.store("b") as store:
            assert store.fetch([canary])[0].record is not None  # it was carried before writes had to wait
            store.write(SessionRecord(canary, b"damaged"), None)

    monkeypatch.setattr(switch, "LISTEN_TIMES", 1)
    monkeypatch.setattr(switch.time, "sleep", damage)
    book = Asked(stage)
    assert waits(stage, book).reason is ParkedFor.HELD

    assert book.last["aborts"] == 1
    assert served(stage) == 0


def test_a_hand_over_that_is_given_up_again_and_again_waits_for_a_person(stage: Stage) -> None:
    canary = ids_in(0)[0]
    stage.before("switch").write(canary, b"1")
    clock = ManualClock()
    stage.move.clock = clock

    class Slow(Watching):
        """Time passes while the journal is emptied; each time there is something in it again."""

        def save(self, checkpoint: object, **values: object) -> None:
            super().save(checkpoint, **values)
            stage.write(canary, b"again")

        def alive(self) -> None:
            clock.advance(6)

    book, log = Slow(stage), Log()
    assert waits(stage, book, log=log).reason is ParkedFor.HELD

    assert [checkpoint["aborts"] for checkpoint in book.saved] == [1, 2, 3, 4, 0]
    assert book.last["longest_pause_ms"] >= 6000  # writes waited, although nothing was handed over
    assert f"given up {MOST_ABORTS} times in a row" in log.lines[-1]
    assert served(stage) == 0


def test_a_hand_over_that_its_driver_left_open_is_ended_first(stage: Stage) -> None:
    stage.before("switch")
    with armed("hand_off.fenced:2:raise"), pytest.raises(Crash):
        stage.do("switch")
    assert len(buckets_in(stage.record, P.HANDOFF)) == 25

    book = Watching(stage)
    stage.do("switch", progress=book)
    assert book.waves[0] == 26


def test_undo_brings_every_bucket_back_with_all_that_was_written_since(stage: Stage) -> None:
    stage.before("complete")
    stage.write("one", b"there")
    stage.undo("switch")

    assert served(stage) == 0
    assert content(stage.move.source)["one"][0] == b"there"
    assert stage.move.live.wanted.count("relay") == 2
    stage.undo("switch")


def test_undo_ends_a_hand_over_that_stands_open(stage: Stage) -> None:
    stage.before("switch")
    with armed("hand_off.closed:3:raise"), pytest.raises(Crash):
        stage.do("switch")
    stage.undo("switch")

    assert len(buckets_in(stage.record, P.DUAL_A)) == 256


@pytest.mark.parametrize("step", ["complete", "retire"])
def test_undo_is_refused_once_the_old_store_was_let_go(stage: Stage, step: str) -> None:
    stage.before(step).do(step)
    record = stage.record

    with pytest.raises(IllegalTransition, match="Plan a migration in the other direction"):
        stage.undo("switch")
    assert stage.record == record


def test_a_difference_on_the_way_back_is_repaired_before_it_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "LISTEN_TIMES", 1)
    many = ids_in(*range(64), count=60)  # so many that the driver says that it is alive once it has carried them
    stage.before("complete")
    for name in many:
        stage.write(name, b"there")
    log = Log()
    stage.undo("switch", progress=Damaging(stage, "a", many[0]), log=log)

    assert served(stage) == 0
    assert any("differ between the stores" in line for line in log.lines)
    assert content(stage.move.source)[many[0]][0] == b"there"


def test_a_hand_back_that_does_not_work_is_tried_a_few_times_and_leaves_all_where_it_is(stage: Stage) -> None:
    class Racing(ManualClock):
        """Every look at it takes longer than writes may wait."""

        def monotonic(self) -> float:
            self.advance(6)
            return super().monotonic()

    stage.before("complete")
    usual, stage.move.clock = stage.move.clock, Racing()
    log = Log()

    with pytest.raises(Waits):
        stage.undo("switch", log=log)
    assert sum("given up" in line for line in log.lines) == MOST_ABORTS
    assert served(stage) == 256
    stage.move.clock = usual
    stage.undo("switch")
    assert served(stage) == 0


def test_a_look_ahead_and_what_a_person_must_do(stage: Stage) -> None:
    ctx = stage.context("switch", read_only=True)
    action = stage.move.handler.actions()["switch_in_waves"]

    assert action.preview(ctx) == {"waves": 3, "buckets": 256}
    assert stage.move.target.name in action.manual_undo(ctx)[0]
    assert (FORWARD.origin, BACK.origin) == ("a", "b")
