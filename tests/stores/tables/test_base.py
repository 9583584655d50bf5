from migrations_app.stores.tables.base import Database


def test_it_is_closed_at_the_end_of_its_block():
    closed = []
    nothing = dict.fromkeys(Database.__abstractmethods__, lambda *_: None)
    ready = type("Ready", (Database,), {**nothing, "close": lambda self: closed.append(self)})

    with ready() as database:
        assert not closed

    assert closed == [database]
