"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. Imported only where `SNAKEWEB_TRACES_URL` is set.

A process sends a trace's part of its own at once, when its first span there has ended, and parents before what is
beneath them. So whatever kills it, no span arrives whose parent does not: the worst is that a part is missing at the
end. What a killed driver did is told by its successor (`lost_spans.py`).
"""

import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from django.conf import settings
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from migrations_app.runtime.log_context import bound
from migrations_app.runtime.tracing import TRACEPARENT, Facts, Span

logger = logging.getLogger(__name__)

MOST_SPANS = 1_000  # of one process in one trace, until its first span there has ended
QUEUE = 16_384
BATCH = 512
SEND_AFTER_MS = 500
CALL_SECONDS = 3.0
REST_SECONDS = 10.0
LEFT_OUT = "snakeweb.spans.left_out"
_propagator = TraceContextTextMapPropagator()


def from_settings() -> "OtlpTracer":
    exporter = OTLPSpanExporter(
        endpoint=settings.SNAKEWEB_TRACES_URL, headers=settings.SNAKEWEB_TRACES_HEADERS, timeout=CALL_SECONDS
    )
    made = OtlpTracer(Resting(exporter), settings.SNAKEWEB_TRACES_RATIO)
    atexit.register(made.shut)
    return made


class Resting(SpanExporter):
    """A receiver that took nothing is left alone for a while, so that a dead one keeps no process from ending."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._rests_until = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if time.monotonic() < self._rests_until:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._rests_until = time.monotonic() + REST_SECONDS
            logger.warning("the receiver of traces took nothing; spans are dropped for %.0f s", REST_SECONDS)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


@dataclass(slots=True)
class _Tree:
    """This process's part of a trace: its spans in the order in which they began, parents before children."""

    root: SdkSpan
    quiet: bool = False
    order: list[int] = field(default_factory=list)
    ended: dict[int, ReadableSpan] = field(default_factory=dict)
    left_out: int = 0


class ParentsFirst(SpanProcessor):
    """Hands on to `then` a tree of spans at a time. One that outlasts its root is handed on by itself."""

    def __init__(self, then: SpanProcessor) -> None:
        self._then = then
        self._lock = threading.Lock()
        self._trees: dict[int, _Tree] = {}

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        parent = span.parent
        with self._lock:
            tree = None if parent is None or parent.is_remote else self._trees.get(parent.span_id)
            if tree is None:
                tree = _Tree(span)
            own = _id(span)
            self._trees[own] = tree
            if len(tree.order) < MOST_SPANS:
                tree.order.append(own)
            else:
                tree.left_out += 1

    def on_end(self, span: ReadableSpan) -> None:
        own = _id(span)
        with self._lock:
            tree = self._trees.pop(own, None)
            if tree is None:
                return
            tree.ended[own] = span
            if own != _id(tree.root):
                return
            whole = [tree.ended[each] for each in tree.order if each in tree.ended]
        if not (tree.quiet and len(tree.order) == 1):
            for each in whole:
                self._then.on_end(each)

    def keep_quiet(self, span_id: int, *, quiet: bool) -> None:
        """Whether the tree of this span is told of even if nothing else happens in it."""
        with self._lock:
            tree = self._trees.get(span_id)
            if tree is not None:
                tree.quiet = quiet

    def left_out(self, span_id: int) -> int:
        tree = self._trees.get(span_id)
        return tree.left_out if tree is not None and _id(tree.root) == span_id else 0

    def shutdown(self) -> None:
        self._then.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._then.force_flush(timeout_millis)


class _OtlpSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def add(self, facts: Facts) -> None:
        self._span.set_attributes(dict(facts))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, because: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, because))


class OtlpTracer:
    """`ratio` of the traces that begin here are kept; one that came along is kept or not as it was there."""

    on = True

    def __init__(self, exporter: SpanExporter, ratio: float = 1.0) -> None:
        queue = BatchSpanProcessor(
            exporter, max_queue_size=QUEUE, schedule_delay_millis=SEND_AFTER_MS, max_export_batch_size=BATCH
        )
        self._trees = ParentsFirst(queue)
        host = socket.gethostname()
        resource = Resource.create(
            {
                "service.name": "snakeweb",
                "service.version": version("snakeweb"),
                "service.instance.id": f"{host}:{os.getpid()}",
                "host.name": host,
                "process.pid": os.getpid(),
            }
        )
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)), resource=resource, shutdown_on_exit=False
        )
        self._provider.add_span_processor(self._trees)
        self._tracer = self._provider.get_tracer("snakeweb")

    @contextmanager
    def span(self, name: str, facts: Facts, *, parent: str = "", quiet: bool = False) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, _context(parent), attributes=dict(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            context = span.get_span_context()
            own = context.span_id
            if quiet:
                self._trees.keep_quiet(own, quiet=True)
            told = _OtlpSpan(span)
            try:
                with bound(trace=trace.format_trace_id(context.trace_id), span=trace.format_span_id(own)):
                    yield told
            except Exception as error:
                told.fail(_name(error))  # not its message, which may hold anything
                raise
            finally:
                if left_out := self._trees.left_out(own):
                    told.add({LEFT_OUT: left_out})

    def over(
        self, name: str, facts: Facts, *, began: datetime, ended: datetime, parent: str = "", failed: str = ""
    ) -> str:
        span = self._tracer.start_span(name, _context(parent), attributes=dict(facts), start_time=_nanoseconds(began))
        if failed:
            span.set_status(Status(StatusCode.ERROR, failed))
        span.end(_nanoseconds(max(began, ended)))
        return _traceparent(span)

    def current(self) -> str:
        span = trace.get_current_span()
        own = span.get_span_context()
        if not own.is_valid:
            return ""
        self._trees.keep_quiet(own.span_id, quiet=False)
        return _traceparent(span)

    def shut(self) -> None:
        self._provider.shutdown()


def _context(parent: str) -> Context | None:
    return _propagator.extract({TRACEPARENT: parent}, Context()) if parent else None


def _traceparent(span: trace.Span) -> str:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier.get(TRACEPARENT, "")


def _id(span: ReadableSpan) -> int:
    own = span.get_span_context()
    return own.span_id if own is not None else 0


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000


def _name(error: Exception) -> str:
    code = getattr(error, "code", None)
    return code if isinstance(code, str) and code else type(error).__name__
