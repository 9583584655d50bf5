import logging
from contextlib import nullcontext

import pytest

from migrations_app.engine.following import following
from migrations_app.runtime import driver_spans, leases, work
from migrations_app.runtime.driver_spans import DriverSpans, attempt_name
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.log_context import about
from migrations_app.runtime.tracing import OFF
from tests.runs import a_run
from tests.runtime.test_lost_spans import Listening


def test_attempts_have_a_name_for_each_kind_and_none_of_their_own() -> None:
    names = [attempt_name(scope) for scope in (Scope(1), Scope(1, "copy", 2), Scope(1, "background.relay"))]
    assert names == ["run attempt", "partition attempt", "background relay"]


def test_lines_of_a_step_name_it_whether_anything_is_traced_or_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, driver_spans.__name__)
    with DriverSpans(OFF).step("copy", attempt=2):
        assert dict(about()) == {"step": "copy", "attempt": 2}
    assert dict(about()) == {}
    with pytest.raises(ZeroDivisionError), DriverSpans(OFF).step("copy", attempt=3, undo=True):
        raise ZeroDivisionError
    assert caplog.messages == ["step copy: done"]


def test_a_thread_that_nobody_follows_tells_no_calls() -> None:
    assert isinstance(DriverSpans(Listening()).call("redis", "scan"), nullcontext)


@pytest.mark.django_db(transaction=True)
def test_an_attempt_is_about_its_run_and_is_followed() -> None:
    scope = Scope(a_run().pk)
    worker = leases.claim(scope, "here", 60)
    assert worker is not None
    with driver_spans.attempt(scope, worker, driver_spans.above(scope)):
        assert dict(about()) == {"run": scope.run_id}
        assert isinstance(following(), DriverSpans)
    assert work.begun_by(scope.run_id) == ""
