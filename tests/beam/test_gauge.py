from migrations_app.beam.gauge import NodeGauge
from migrations_app.beam.node import Node
from migrations_app.testing.beam import COOKIE


def test_a_node_tells_its_memory_its_processes_and_its_peers(beam_node):
    with Node(beam_node.address, COOKIE) as node:
        held = (
            "register(sw_held, spawn(fun() -> B = binary:copy(<<1>>, 8000000), receive stop -> byte_size(B) end end))"
        )
        before = NodeGauge(node).read()
        node.evaluate(f"{held}, timer:sleep(50), ok")
        during = NodeGauge(node).read()
        node.evaluate("sw_held ! stop, ok")

    assert during.memory_bytes - before.memory_bytes > 4_000_000
    assert during.processes > before.processes
    assert during.connections >= 1  # we are one
    assert during.latency_us > 0
