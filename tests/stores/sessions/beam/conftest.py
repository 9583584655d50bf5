"""Session stores on real nodes, and the ways by which a node's forwarder reaches another store."""

import itertools

import pytest

from migrations_app.beam.node import Atom, Node
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver
from migrations_app.stores.sessions.records import Codec, Version
from migrations_app.testing.beam import COOKIE
from migrations_app.testing.processes import free_port
from tests.routing.control_plane import ROUTE, ControlPlane
from tests.routing.control_plane import TOKEN as ROUTE_TOKEN
from tests.routing.gateway_process import running_gateway
from tests.stores.sessions.beam.ways import WORKER, FencedRedis, gateway_way
from tests.stores.sessions.place import Place

_NUMBERS = itertools.count(1)
SERVER, TABLE = "Elixir.Snakepit.Bridge.SessionStore", "snakepit_sessions"
CREATE = "gen_server:call(Server, {create_session, Id, [{ttl, 600}, {metadata, #{n => 1}}]}), ok"


@pytest.fixture
def place(beam_node):
    """A session store of its own on the node, which answers as Snakepit's does."""
    return store_on(beam_node)


def store_on(node, **options):
    """`options`: values of the store's, as terms."""
    number = next(_NUMBERS)
    names = {"server": f"sessions_{number}", "table": f"table_{number}"}
    given = {"name": Atom(names["server"]), "table_name": Atom(names["table"]), "max_sessions": 100_000, **options}
    start = "{ok, _} = 'Elixir.Snakepit.Bridge.SessionStore':start_link(Options), ok"
    node.evaluate(start, Options=[(Atom(name), value) for name, value in given.items()])
    return Place(node.config(codec="etf", **names), node.secrets, codec=Codec.ETF, tolerance_ms=1000)


@pytest.fixture
def fenced_redis(empty_redis):
    return FencedRedis(empty_redis.config(codec="etf", prefix="s:"), empty_redis.secrets).join()


@pytest.fixture(params=["gateway", "redis"])
def kind(request):
    """Of the way: every test that takes it runs by both."""
    return request.param


@pytest.fixture
def target(kind, request, tmp_path):
    if kind == "redis":
        return dict(request.getfixturevalue("fenced_redis").config)
    config = {"store": "sqlite", "path": str(tmp_path / "target.db"), "codec": "etf"}
    with open_store(config, {}) as store:
        store.initialise(WORKER)
    return config


@pytest.fixture
def way(kind, request, target, tmp_path):
    """To the target."""
    if kind == "redis":
        yield request.getfixturevalue("fenced_redis").way()
        return
    with ControlPlane().serving() as plane:
        plane.publish(RoutePhase.SINGLE_B, "b", fenced=False)
        document = {
            "gateway": {"port": free_port(), "threads": 4},
            "route": {"name": ROUTE, "url": plane.url, "token": ROUTE_TOKEN},
            "stores": {"b": target},
            "codec": "etf",
        }
        with running_gateway(document, tmp_path) as client:
            yield gateway_way(str(client.base_url).rstrip("/"))


@pytest.fixture
def node(disposable_node):
    with Node(disposable_node.address, COOKIE) as node:
        yield node


@pytest.fixture
def over(node):
    over = NodeHandOver(node, SERVER, TABLE)
    over.load()
    return over


def on_store(node, text, session_id=b"s1", **more):
    return node.evaluate(text, Server=Atom(SERVER), Id=session_id, **more)


def forward(over, *ways):
    """Hand over a node, as it is. The microseconds that it stood still."""
    over.watch()
    forwarder = over.forwarder(ways)
    over.hold(4000)
    return over.forward(forwarder)


def source_of(disposable_node):
    return open_store(disposable_node.config(), disposable_node.secrets)


def copy_all(source, target, version):
    cursor, last = "", False
    while not last:
        page = source.scan(cursor, 500)
        target.apply(page.records, WORKER, version=version)
        cursor, last = page.cursor, page.last


@pytest.fixture
def forwarded(disposable_node, node, over, way, target):
    """A node whose one session was handed over."""
    on_store(node, CREATE)
    with source_of(disposable_node) as source, open_store(target, {}) as copy:
        copy.raise_worker_fence(WORKER)
        copy_all(source, copy, Version(1, 1))
    forward(over, way)
