import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.data.live import persisting
from tests.handlers.data.contexts import context
from tests.handlers.data.live.shop import Shop, finished

pytestmark = pytest.mark.servers


def test_where_nobody_writes_once_is_enough():
    tries = []

    def work() -> None:
        tries.append(1)
        raise ValidationFailed

    with pytest.raises(ValidationFailed):
        persisting.persistently(context(parameters={"live": "off"}), work)
    assert len(tries) == 1


def test_a_unique_index_is_built_once_what_was_in_its_way_has_moved_on(two_servers: Shop):
    """A code goes from one row to another while they are copied: for a moment the target has it twice."""
    shop = two_servers
    shop.there.run("DROP TABLE {parts}", "DROP TABLE {items}")
    shop.fill(10)
    view = finished(shop.move().begin())

    assert view.results["indexes"]["built"] > 0
