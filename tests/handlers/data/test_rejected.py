import json

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.data import rejected
from migrations_app.stores.tables.base import Rejected
from tests.handlers.data.contexts import context

QUARANTINE = {"on_reject": "quarantine", "most_rejected": 2}
ROW = Rejected("orders", ("7",), "The note is too long.", {"id": "7", "note": "ä" * 9, "paid": None})


def test_a_refused_row_stops_the_run_by_default_and_is_named() -> None:
    ctx = context()
    quarantine = rejected.Quarantine(ctx)
    with pytest.raises(StepFailed, match="Row 7 of orders was refused: The note is too long") as refused:
        quarantine.put_aside(ROW)
    assert refused.value.details["key"] == ["7"]
    assert list(rejected.lines(ctx.artifacts, 7)) == []


def test_it_is_kept_as_a_line_of_json_with_all_its_values() -> None:
    ctx = context(parameters=QUARANTINE)
    quarantine = rejected.Quarantine(ctx)
    quarantine.put_aside(ROW)
    (line,) = rejected.lines(ctx.artifacts, 7)
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "table": "orders",
        "key": ["7"],
        "reason": ROW.reason,
        "values": {"id": "7", "note": "ä" * 9, "paid": None},
    }


def test_the_same_row_twice_is_one_row() -> None:
    ctx = context(parameters=QUARANTINE)
    quarantine = rejected.Quarantine(ctx)
    for _ in range(3):
        quarantine.put_aside(ROW)
    assert rejected.counted(ctx) == {"orders": {"rows": 1, "reasons": {ROW.reason: 1}}}
    assert rejected.keys_by_table(ctx) == {"orders": {("7",)}}


def test_without_a_key_rows_are_told_apart_by_what_they_hold() -> None:
    ctx = context(parameters=QUARANTINE)
    quarantine = rejected.Quarantine(ctx)
    for note in ("a", "b", "a"):
        quarantine.put_aside(Rejected("notes", (), "No.", {"note": note}))
    assert rejected.counted(ctx)["notes"]["rows"] == 2
    assert rejected.shown(()) == "(without a key)"


def test_one_more_than_allowed_stops_the_run_and_none_is_lost() -> None:
    ctx = context(parameters=QUARANTINE)
    quarantine = rejected.Quarantine(ctx)
    for key in ("1", "2"):
        quarantine.put_aside(Rejected("orders", (key,), "No.", {}))
    with pytest.raises(StepFailed, match="More than 2 rows were refused"):
        quarantine.put_aside(Rejected("people", ("3",), "No.", {}))
    assert rejected.counted(ctx) == {
        "orders": {"rows": 2, "reasons": {"No.": 2}},
        "people": {"rows": 1, "reasons": {"No.": 1}},
    }
