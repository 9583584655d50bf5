"""A worker is killed while a live node's callers wait for the hand-over: the node goes on by itself, then the run."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.events import EventType
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import Role, RoutePhase, RunState
from migrations_app.models import RoleGrant, Run, RunEvent
from migrations_app.runtime import secrets
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.routes import OrmRoutes
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.testing.beam import BeamNode
from migrations_app.testing.servers import free_port
from tests.faults.deployment import Deployment
from tests.faults.observing import finished, state
from tests.node_callers import SERVER, NodeCallers
from tests.parallel import wait_for
from tests.routing.gateway_process import SECRET, running_gateway
from tests.runs import AT, environment, person, queued, target
from tests.session_runs import planned
from tests.web_process import web_process

pytestmark = [pytest.mark.faults, pytest.mark.servers]

LIMIT_MS = 2000
ROUTE = "sessions"


@pytest.fixture
def callers(disposable_node: BeamNode) -> NodeCallers:
    callers = NodeCallers(disposable_node)
    callers.create(*(f"quiet-{number}" for number in range(300)))
    callers.start_callers(sessions=25)
    return callers


@pytest.fixture
def run(callers: NodeCallers, deployment: Deployment, tmp_path: Path) -> Iterator[Run]:
    """Of a node's hand-over to a SQLite store, queued; a gateway asks a real web process for the route."""
    port = free_port()
    other = {"store": "sqlite", "path": str(tmp_path / "other.sqlite3"), "codec": "etf"}
    node = callers.node
    node_row = target("node", node.config(gateway=f"http://127.0.0.1:{port}"))
    for name, clear in {**node.secrets, "gateway_token": SECRET}.items():
        secrets.store(target_id=node_row.pk, name=name, clear=clear, at=AT)
    Path(other["path"]).touch()
    wishes = {"pause_limit_ms": LIMIT_MS, "route": ROUTE}
    rows = planned(node_row, target("other", other), parameters=wishes, zero_downtime=True, batch_size=100)
    OrmRoutes(environment_id=environment().pk, clock=SystemClock()).publish(
        RouteRecord(ROUTE, 1, RoutePhase.PLAIN_A, "a", {"a": "node", "b": "other"}), expected_epoch=None
    )
    somebody = person()
    RoleGrant.objects.create(person=somebody, role=Role.OPERATOR, granted_at=AT)
    actor = Actor(somebody.pk, somebody.username, address="127.0.0.1", request_id="test", reauthenticated_at=AT)
    token = tokens.create(actor=actor, now=AT, name="gateway", scopes=["route"]).clear
    with ExitStack() as stack:
        web = stack.enter_context(web_process(tmp_path / "web", deployment.broker.url))
        document = {
            "gateway": {"port": port, "threads": 4},
            "route": {"name": ROUTE, "url": web.url, "token": token},
            "stores": {"other": other},
            "codec": "etf",
        }
        stack.enter_context(running_gateway(document, tmp_path))
        yield queued(rows.revision)


def test_kill_9_while_callers_wait(deployment: Deployment, callers: NodeCallers, run: Run, tmp_path: Path) -> None:
    node, held = callers.node, tmp_path / "gate.reached"
    first = deployment.worker("first", crash_at=f"session.node.held:wait:{tmp_path / 'gate'}")
    deployment.dispatcher()
    wait_for(lambda: held.exists() or finished(run), 60, "the pause")
    assert not finished(run), RunEvent.objects.filter(run=run, type=EventType.RUN_FAILED).values_list("payload")

    first.kill()
    killed_at = time.monotonic()
    node.evaluate("gen_server:call(Server, {session_exists, <<>>}, 15000)", Server=Atom(SERVER), seconds=20)
    waited = time.monotonic() - killed_at
    deployment.worker("second")
    wait_for(lambda: state(run) == RunState.PARKED or finished(run), 60, "the hand-over by the other worker")
    said = callers.stop_callers()

    assert waited <= LIMIT_MS / 1000 + 0.5
    assert said.failures == []
    assert callers.answered(list(said.alive)) == said.alive
    assert callers.answered(said.gone) == {}
    assert node.evaluate("snakeweb_node:standing(Server)", Server=Atom(SERVER)) == Atom("forwarding")
    assert RunEvent.objects.filter(run=run, step="switch", type=EventType.STEP_STARTED).count() == 2
