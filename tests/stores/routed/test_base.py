import pytest

from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, bucket_of


@pytest.mark.parametrize(("session_id", "bucket"), [("", 0), ("one", 241), ("id ü€😀", 219)])
def test_the_bucket_of_an_id_never_changes(session_id: str, bucket: int) -> None:
    assert bucket_of(session_id) == bucket


def test_there_are_256_buckets_and_ids_spread_over_them() -> None:
    assert tuple(range(256)) == ALL_BUCKETS
    assert len({bucket_of(f"id{number}") for number in range(10_000)}) == 256


def test_a_refusal_carries_fence_and_route_record() -> None:
    refusal = Fenced(7, '{"epoch": 7}')

    assert (refusal.fence, refusal.document, refusal.retryable) == (7, '{"epoch": 7}', True)
    assert "7" in str(refusal)
