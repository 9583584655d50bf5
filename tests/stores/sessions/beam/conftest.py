import itertools

import pytest

from migrations_app.beam.node import Atom
from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.place import Place

_NUMBERS = itertools.count(1)


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
