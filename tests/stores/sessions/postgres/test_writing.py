import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import Version
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import at, own_schema

pytestmark = pytest.mark.servers


def test_a_batch_with_known_ids_is_merged_and_a_batch_of_new_ones_is_not(own):
    with own.ready() as store:
        writer = store._writer()
        assert writer._straight
        store.apply(own.records(30), WORKER)
        store.apply([own.record(f"n{n}") for n in range(5)], WORKER)
        assert writer._straight
        again = store.apply([*own.records(30, version=Version(7, 2)), own.record("new")], WORKER)
        assert not writer._straight
        assert (again.written, again.refused) == (31, 0)
        store.apply([own.record(f"m{n}") for n in range(5)], WORKER)
        assert writer._straight


def test_a_row_that_breaks_a_rule_of_the_table_is_refused_without_its_content(postgres_server):
    ddl = "CREATE TABLE {s}.t (k text PRIMARY KEY, v bytea CHECK (length(v) < 10))"
    with own_schema(postgres_server, ddl) as schema:
        place = at(postgres_server, f"{schema}.t", columns={"key": "k", "value": "v"})
        with place.ready() as store, pytest.raises(ValidationFailed) as caught:
            store.apply([place.record("secret-id", "x" * 50)], WORKER)

    assert "CheckViolation" in str(caught.value)
    assert "secret-id" not in str(caught.value.as_dict())
