import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.postgres.rows import Rows, holdable
from migrations_app.stores.sessions.postgres.table import own_columns
from migrations_app.stores.sessions.records import Codec, SessionRecord
from tests.stores.routed.postgres.test_parts import SPARSE, parts_of


@pytest.mark.parametrize(
    ("parts", "beside"),
    [
        ({}, False),
        ({"codec": Codec.JSON}, True),
        ({"ttl_ms": 5}, True),
        ({"created_at_ms": 5}, True),
        ({"last_accessed_at_ms": 5}, True),
        ({"expires_at_ms": 5}, True),
        ({"extra": {"a": 1}}, True),
    ],
)
def test_what_somebody_elses_table_cannot_hold_goes_beside_it(parts, beside):
    record = SessionRecord("one", b"1", **parts)

    assert Rows(parts_of(SPARSE, "s.side"), Codec.OPAQUE).beside(record) is beside
    assert Rows(parts_of(own_columns("bytea")), Codec.OPAQUE).beside(record) is False


def test_a_lifetime_is_a_deadline_too():
    rows = Rows(parts_of(SPARSE, "s.side"), Codec.OPAQUE)

    assert rows.beside(SessionRecord("one", b"1"), lifetime_ms=5)


def test_what_does_not_fit_is_refused_without_the_id():
    rows = Rows(parts_of(own_columns("bytea")), Codec.OPAQUE)
    for record in (SessionRecord("secret\0", b"1"), SessionRecord("secret", b"1", ttl_ms=2**63)):
        with pytest.raises(ValidationFailed) as caught:
            rows.encode(record)
        assert "secret" not in str(caught.value)


def test_ids_with_nul_live_nowhere():
    assert holdable(["a", "b\0", ""]) == ["a", ""]
