from datetime import UTC, datetime

import pytest

from migrations_app.models import StepRun
from migrations_app.runtime.statements import Insert
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = ("run", "step", "partition")
FIELDS = (*KEY, "state", "attempt", "done", "checkpoint", "checkpoint_seq", "started_at")


def row(run_id: int, step: str, **values: object) -> dict[str, object]:
    plain = {
        "partition": 0,
        "state": "running",
        "attempt": 1,
        "done": 0,
        "checkpoint": {},
        "checkpoint_seq": 0,
        "started_at": None,
    }
    return {"run": run_id, "step": step, **plain, **values}


@pytest.fixture
def run_id() -> int:
    run = a_run()
    StepRun.objects.all().delete()
    return run.pk


def test_rows_are_read_back_by_the_orm_as_they_were_written(run_id: int) -> None:
    whole = Insert(StepRun, (*FIELDS, "total", "unit", "ended_at"))
    rest = {"total": None, "unit": "é", "ended_at": None}
    whole.write([row(run_id, "a", checkpoint={"at": ["é", None]}, started_at=AT, **rest), row(run_id, "b", **rest)])
    first, second = StepRun.objects.order_by("step")
    assert (first.step, first.checkpoint, first.started_at, first.total) == ("a", {"at": ["é", None]}, AT, None)
    assert (second.step, second.unit, second.run_id) == ("b", "é", run_id)


def test_a_row_that_is_there_is_changed(run_id: int) -> None:
    StepRun.objects.create(run_id=run_id, step="a", total=9)
    Insert(StepRun, (*FIELDS, "unit"), unique=KEY).write([row(run_id, "a", done=7, unit="rows")])
    only = StepRun.objects.get()
    assert (only.done, only.state, only.unit, only.total) == (7, "running", "rows", 9)


def test_what_is_no_column_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="no column of Run"):
        Insert(StepRun._meta.get_field("run").related_model, ("step_runs",))
