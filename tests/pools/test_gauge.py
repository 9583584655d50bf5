import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.pools.gauge import open_gauge
from migrations_app.testing.beam import COOKIE


def test_a_pool_on_a_node_is_read_as_the_node(beam_node):
    known = beam_node.config()
    config = {name: known[name] for name in ("node", "port", "epmd_port") if name in known}
    target = Target(1, "pool", TargetKind.WORKER_POOL, "dev", {"driver": "beam", **config}, {"password": COOKIE})

    with open_gauge(target) as gauge:
        read = gauge.read()

    assert read.processes > 10
    assert read.operations is None


@pytest.mark.servers
def test_a_pool_behind_a_protocol_tells_how_fast_it_answers(start_processes):
    process_pool = start_processes(workers=1)
    target = Target(1, "pool", TargetKind.WORKER_POOL, "dev", process_pool.config, process_pool.secrets)

    with open_gauge(target) as gauge:
        read = gauge.read()

    assert read.latency_us > 0
    assert read.memory_bytes is None
