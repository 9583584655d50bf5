"""A guarded change is one statement, and only its own connection knows how."""

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, Guard
from migrations_app.stores.sessions.records import Codec
from tests.stores.routed.place import FIRST, held_of, marks_of
from tests.stores.sessions.place import WORKER

MINUTE = 60_000


def test_a_guarded_write_is_one_statement(own, django):
    for place in (own, django):
        with place.ready() as store:
            store.write(place.record(), FIRST)
            seen: list[str] = []
            store.sessions.connection().set_trace_callback(seen.append)
            store.write(place.record(content=2), FIRST)

            assert (
                len({text for text in seen if not text.startswith("--")}) == 1
            )  # told again for each step of the trigger


def test_nothing_of_it_is_in_the_file(own):
    with own.ready() as store:
        store.write(own.record(), FIRST)

        assert not [name for (name,) in own.run("SELECT name FROM sqlite_master") if "call" in name or "step" in name]


def test_a_change_that_fails_leaves_the_triggers_awake(django):
    with django.ready() as store:
        store.write(django.record(), FIRST)
        before = held_of(store, "one"), marks_of(store), [*store.highest_seqs()]
        with pytest.raises(ValidationFailed, match="cannot hold"):
            store.write(django.record(expires_at_ms=None), FIRST)
        with pytest.raises(ValidationFailed, match="cannot hold"):
            store.write(django.record("two", expires_at_ms=None), None)
        store.raise_fence(ALL_BUCKETS, 2, WORKER)
        for refused in (
            lambda: store.write(django.record(), FIRST),
            lambda: store.touch("one", FIRST, MINUTE),
            lambda: store.delete("one", FIRST),
        ):
            with pytest.raises(Fenced):
                refused()

        assert (held_of(store, "one"), marks_of(store), [*store.highest_seqs()]) == before
        assert django.run('SELECT guarded FROM "django_session__state"') == [(0,)]
        django.legacy_delete("one")
        assert store.legacy_writes() == 1


def test_a_client_lives_through_leaving_and_joining(own):
    with own.ready() as store, own.open() as client:
        client.write(own.record(), FIRST)
        store.leave(WORKER)
        with pytest.raises(Fenced):
            client.write(own.record(), FIRST)
        client.write(own.record(content="plain"), None)
        store.join(WORKER, route="again", fence=3, document="", epoch=3)

        assert client.write(own.record(content="again"), Guard(3, journaled=True)).version.epoch == 3


def test_what_the_columns_do_not_hold_lies_beside_and_goes_again(django):
    rows = 'SELECT count(*) FROM "django_session__snakeweb"'
    for guard in (FIRST, None):
        with django.ready() as store:
            plain = django.record()
            store.write(plain, guard)
            assert django.run(rows) == [(0,)]
            for more in ({"ttl_ms": MINUTE}, {"extra": {"a": 1}}, {"created_at_ms": 5}, {"codec": Codec.JSON}):
                record = django.record("one", 1)
                record = type(record)(**{part: getattr(record, part) for part in record.__slots__} | more)
                store.write(record, guard)
                assert django.run(rows) == [(1,)]
                assert django.same(store.read("one", guard), record)
            store.write(plain, guard)
            assert django.run(rows) == [(0,)]
            store.write(django.record(ttl_ms=MINUTE), guard)
            store.delete("one", guard)
            assert django.run(rows) == [(0,)]
