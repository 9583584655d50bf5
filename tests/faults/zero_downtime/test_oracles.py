"""The oracles themselves: each must say no to what it is there for."""

from migrations_app.testing.histories import Action, Operation, Outcome
from tests.faults.zero_downtime.client import packed
from tests.faults.zero_downtime.oracles import last_values, level, linearizable, lost_and_risen, untouched
from tests.faults.zero_downtime.places import Contents, Seen


def wrote(
    value: str | None, began: int, ended: int | None, outcome: Outcome = Outcome.OK, session: str = "s"
) -> Operation:
    action = Action.DELETE if value is None else Action.SET
    return Operation("p", session, action, value, began, ended, outcome)


def holding(**values: str) -> Contents:
    return {name: Seen(packed(value), 10_000_000) for name, value in values.items()}


def test_the_last_write_is_what_may_be_there() -> None:
    assert last_values([], "first") == {"first"}
    assert last_values([wrote("1", 0, 1), wrote("2", 2, 3)], "first") == {"2"}
    assert last_values([wrote("1", 0, 3), wrote("2", 2, 4)], None) == {"1", "2"}
    assert last_values([wrote("1", 0, 1), wrote(None, 2, 3)], "first") == {None}


def test_an_unknown_write_may_be_there_and_a_refused_one_not() -> None:
    unknown = wrote("1", 0, None, Outcome.UNKNOWN)
    assert last_values([unknown, wrote("2", 5, 6)], "first") == {"1", "2"}
    assert last_values([unknown], "first") == {"first", "1"}
    assert last_values([wrote("2", 5, 6), wrote("3", 7, 8, Outcome.FAIL)], "first") == {"2"}


def test_a_lost_write_and_a_session_that_rose_are_told_apart() -> None:
    operations = [wrote("1", 0, 1, session="lost"), wrote(None, 0, 1, session="risen"), wrote("2", 0, 1, session="ok")]
    outcome = lost_and_risen(operations, holding(lost="first", risen="first", ok="2"), {"lost": "first"})
    assert [text.partition(":")[0] for text in outcome.lost] == ["lost"]
    assert [text.partition(":")[0] for text in outcome.resurrected] == ["risen"]


def test_a_missing_session_is_a_lost_write() -> None:
    assert len(lost_and_risen([wrote("1", 0, 1)], {}, {}).lost) == 1


def test_a_stale_read_is_not_linearizable() -> None:
    read = Operation("q", "s", Action.GET, "first", 5, 6, Outcome.OK)
    assert next(linearizable([wrote("1", 0, 1), read], {"s": "first"})).startswith("O1 not linearizable")
    assert not list(linearizable([wrote("1", 0, 1)], {"s": "first"}))


def test_stores_that_differ_are_named_by_kind() -> None:
    a = holding(same="1", changed="1", only_a="1", late="1")
    b = holding(same="1", changed="2", only_b="1", late="1") | {"late": Seen(packed("1"), 20_000_000)}
    assert [problem.split("(")[2].split(")")[0] for problem in level(a, b)] == [
        "only on a",
        "only on b",
        "value",
        "deadline",
    ]
    assert not list(level(a, dict(a)))


def test_sessions_that_nobody_used_stay_as_they_were() -> None:
    first = holding(quiet="1", other="1")
    assert not list(untouched(first, first, ["quiet", "other"]))
    assert len(list(untouched(holding(quiet="1"), first, ["quiet", "other"]))) == 1
    moved = first | {"quiet": Seen(packed("1"), 20_000_000)}
    assert len(list(untouched(moved, first, ["quiet", "other"]))) == 1
