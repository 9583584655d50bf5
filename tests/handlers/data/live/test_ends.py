import pytest

from migrations_app.handlers.data.kept import Share
from migrations_app.handlers.data.live.ends import ended, ends_of
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange
from tests.handlers.data.contexts import context
from tests.stores.tables.changes.pairs import road

pytestmark = pytest.mark.servers


def test_the_copy_goes_to_the_greatest_key_that_there_was(make_place):
    with road(make_place("postgres"), make_place("sqlite")) as way:
        way.here.run("INSERT INTO {items} VALUES (9, 'a', ''), (10, 'b', '')")
        ends, items = ends_of(way.source, way.selections), way.selections[0]
        assert ends == {"items": ["10"]}
        ctx = context(parameters={"live": "triggers"}, results={"install_log": {"ends": ends}})

        assert ended(ctx, Share(items, 1, KeyRange(("9",), None))) == Share(items, 1, KeyRange(("9",), ("10",)))
        assert ended(ctx, Share(items, 0, KeyRange(None, ("9",)))) == Share(items, 0, KeyRange(None, ("9",)))
        assert ended(ctx, Share(way.selections[1], 0, EVERYTHING)) is None
        still = context(parameters={"live": "off"})
        assert ended(still, Share(items, 0, EVERYTHING)) == Share(items, 0, EVERYTHING)
