"""OpenTelemetry's SDK as we use it: parents first, whole parts, a receiver that may be dead."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from migrations_app.engine.errors import StepFailed
from migrations_app.runtime import otlp
from migrations_app.runtime.log_context import about
from migrations_app.runtime.otlp import LEFT_OUT, OtlpTracer, from_settings
from migrations_app.testing.servers import free_port
from tests.monitoring.received import received
from tests.receivers import Receiver


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Iterator[OtlpTracer]:
    made = OtlpTracer(exporter)
    yield made
    made.shut()


def names(tracer: OtlpTracer, exporter: InMemorySpanExporter) -> list[str]:
    tracer._provider.force_flush()
    return [span.name for span in exporter.get_finished_spans()]


def test_nothing_is_sent_before_the_first_span_has_ended_and_then_parents_first(
    tracer: OtlpTracer, exporter: InMemorySpanExporter
) -> None:
    with tracer.span("task", {}):
        with tracer.span("attempt", {}):
            with tracer.span("step", {}):
                now = datetime.now(UTC)
                tracer.over("batch", {}, began=now, ended=now)
            with tracer.span("next step", {}):
                pass
        assert names(tracer, exporter) == []
    assert names(tracer, exporter) == ["task", "attempt", "step", "batch", "next step"]


def test_a_trace_goes_on_from_what_was_carried(tracer: OtlpTracer, exporter: InMemorySpanExporter) -> None:
    with tracer.span("request", {}):
        carried = tracer.current()
    with tracer.span("task", {}, parent=carried):
        assert about()["trace"] == carried.split("-")[1]
    assert names(tracer, exporter) == ["request", "task"]
    request, task = exporter.get_finished_spans()
    assert task.parent is not None
    assert (task.context.trace_id, task.parent.span_id) == (request.context.trace_id, request.context.span_id)
    assert tracer.current() == ""


def test_a_quiet_root_is_told_of_only_with_something_in_it(tracer: OtlpTracer, exporter: InMemorySpanExporter) -> None:
    with tracer.span("idle", {}, quiet=True):
        pass
    with tracer.span("looked", {}, quiet=True), tracer.span("read", {}):
        pass
    with tracer.span("began a run", {}, quiet=True):
        assert tracer.current()
    assert names(tracer, exporter) == ["looked", "read", "began a run"]


def test_an_error_is_told_by_its_name_and_never_by_its_words(
    tracer: OtlpTracer, exporter: InMemorySpanExporter
) -> None:
    for error in (StepFailed("pl4nted"), ValueError("pl4nted")):
        with pytest.raises(type(error)), tracer.span("step", {}):
            raise error
    names(tracer, exporter)
    spans = exporter.get_finished_spans()
    assert [span.status.description for span in spans] == ["step_failed", "ValueError"]
    assert not any(span.events for span in spans)


def test_a_long_part_is_cut_where_no_child_loses_its_parent(
    tracer: OtlpTracer, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "MOST_SPANS", 4)
    with tracer.span("attempt", {}):
        for _ in range(3):
            with tracer.span("step", {}), tracer.span("call", {}):
                pass
    assert names(tracer, exporter) == ["attempt", "step", "call", "step"]
    spans = exporter.get_finished_spans()
    assert (spans[0].attributes or {})[LEFT_OUT] == 3
    assert {span.parent.span_id for span in spans if span.parent} <= {span.context.span_id for span in spans}


def test_a_trace_that_is_not_kept_is_not_kept_anywhere(exporter: InMemorySpanExporter) -> None:
    dropped, kept = OtlpTracer(exporter, ratio=0.0), OtlpTracer(exporter)
    with dropped.span("request", {}):
        carried = dropped.current()
    with kept.span("task", {}, parent=carried):
        pass
    dropped.shut()
    assert not int(carried.rpartition("-")[2], 16) & 1  # the flag that says that it is kept
    assert names(kept, exporter) == []
    kept.shut()


def test_what_is_left_is_sent_at_the_end_with_the_headers_of_the_settings(
    settings: LazySettings, receiver: Receiver
) -> None:
    receiver.status = 200
    settings.SNAKEWEB_TRACES_URL = receiver.url
    settings.SNAKEWEB_TRACES_HEADERS = {"authorization": "Bearer of-the-collector"}
    made = from_settings()
    with made.span("request", {"http.request.method": "GET"}):
        pass
    made.shut()
    (span,) = received(receiver)
    assert (span.name, span.parent, span.facts) == ("request", "", {"http.request.method": "GET"})
    assert receiver.got[0].headers["authorization"] == "Bearer of-the-collector"


def test_a_dead_receiver_is_called_once_and_then_left_alone(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(otlp, "CALL_SECONDS", 0.2)
    settings.SNAKEWEB_TRACES_URL = f"http://127.0.0.1:{free_port()}/v1/traces"
    made = from_settings()
    for _ in range(otlp.BATCH * 3):
        with made.span("request", {}):
            pass
    made.shut()
    said = [record for record in caplog.records if record.name == otlp.__name__]
    assert len(said) == 1
