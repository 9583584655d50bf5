import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.selectors.journals import event_of, events_of, view_of
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db


def test_rows_fold_to_what_the_columns_say(now):
    run = told(event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one", note="kept"), start=now)

    events = events_of(run)

    assert [e.seq for e in events] == [1, 2, 3]
    assert events[-1].payload == {"note": "kept"}
    assert event_of(run.events.order_by("-seq").first()) == events[-1]
    view = view_of(run)
    assert (view.state, view.current_step, view.seq) == (RunState.RUNNING, "one", run.last_seq)
