from migrations_app.handlers.data.live import steps as live
from migrations_app.handlers.data.steps import steps_of
from tests.handlers.data.cases import analysis, spec, table


def ids(**parameters):
    return [step.id for step in steps_of(spec(**parameters), analysis(table("orders", missing=True)))]


def test_a_source_that_nobody_writes_to_has_none_of_them():
    assert not {"install_log", "catch_up", "hand_over", "follow", "retire"} & set(ids())


def test_the_log_comes_before_the_copy_and_the_hand_over_after_the_comparison():
    found = ids(live="triggers")

    wanted = ["install_log", "copy_01", "catch_up", "indexes", "sequences", "verify", "hand_over", "switch", "cleanup"]
    assert [each for each in found if each in wanted] == wanted
    assert found[-1] == "retire"


def test_with_a_change_column_everything_is_compared_with_the_writers_stopped():
    found = steps_of(spec(live="change_column", change_column="changed"), analysis(table("orders")))
    stop = next(step for step in found if step.id == live.STOP)

    order = [step.id for step in found if step.id in ("note_column", "copy_01", "follow", "stop_writers", "verify")]
    assert order == ["note_column", "copy_01", "follow", "stop_writers", "verify"]
    assert "changed tells of no deleted row" in stop.confirm


def test_a_person_is_asked_to_stop_the_writers_only_where_that_was_chosen():
    for way, asked in (("lock", False), ("confirm", True)):
        found = steps_of(spec(live="triggers", write_stop=way), analysis(table("orders")))
        assert bool(next(step for step in found if step.id == live.HAND_OVER).confirm) is asked


def test_only_giving_up_the_way_back_cannot_be_undone():
    found = steps_of(spec(live="triggers"), analysis(table("orders")))

    assert [step.id for step in found if not step.reversible] == [live.RETIRE]
