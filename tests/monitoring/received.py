"""The spans that a real OTLP receiver got, decoded from what came over the wire."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.receivers import Receiver


@dataclass(frozen=True)
class Received:
    trace: str
    id: str
    parent: str
    name: str
    began: int
    ended: int
    failed: str
    process: str
    facts: dict[str, object] = field(compare=False)


def received(receiver: Receiver) -> list[Received]:
    return [span for request in list(receiver.got) for span in _decoded(request.body)]


def _decoded(body: bytes) -> Iterator[Received]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Received(
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.name,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.message if span.status.code == Status.STATUS_CODE_ERROR else "",
                    about["service.instance.id"],
                    {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes},
                )


@dataclass
class Tree:
    """The spans of one trace. Raises AssertionError unless each has its parent there, but for one root."""

    spans: list[Received]

    def __post_init__(self) -> None:
        self.by_id = {span.id: span for span in self.spans}
        assert len(self.by_id) == len(self.spans), "a span came twice"
        roots = [span for span in self.spans if not span.parent]
        orphans = [span.name for span in self.spans if span.parent and span.parent not in self.by_id]
        assert not orphans, f"without a parent: {orphans}"
        assert len(roots) == 1, [root.name for root in roots]
        (self.root,) = roots

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]

    def above(self, span: Received) -> list[str]:
        """Names from its parent up to the root."""
        names = []
        while span.parent:
            span = self.by_id[span.parent]
            names.append(span.name)
        return names

    def beneath(self, span: Received) -> list[Received]:
        return [each for each in self.spans if each.parent == span.id]


def tree_of(receiver: Receiver, trace: str) -> Tree:
    return Tree([span for span in received(receiver) if span.trace == trace])
