"""What a live node tells of its load: how fast it answers, its memory, how many processes and peers it has."""

from migrations_app.beam.node import Node
from migrations_app.engine.impact import Reading, answered_us

ANSWER_SECONDS = 2.0
_LOOK = "{erlang:memory(total), erlang:system_info(process_count), length(nodes(connected))}"


class NodeGauge:
    def __init__(self, node: Node) -> None:
        self._node = node

    def read(self) -> Reading:
        """Raises what `Node.evaluate` raises."""
        self._node.evaluate("ok", seconds=ANSWER_SECONDS)  # connects, which is not what is timed
        latency_us = answered_us(lambda: self._node.evaluate("ok", seconds=ANSWER_SECONDS))
        memory, processes, peers = self._node.evaluate(_LOOK, seconds=ANSWER_SECONDS)
        return Reading(latency_us, memory_bytes=memory, processes=processes, connections=peers)
