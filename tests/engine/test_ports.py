import pytest

from migrations_app.engine.ports import (
    CLOSED_TOKEN,
    BucketRange,
    RouteRecord,
    Unwatched,
    WorkerToken,
    partition_scope,
    run_scope,
)
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase


def test_scopes_of_a_run_and_its_partitions_share_a_prefix() -> None:
    assert run_scope(7) == "run:7"
    assert partition_scope(7, "transfer", 2) == "run:7:transfer:2"
    assert WorkerToken(run_scope(7), 1) != WorkerToken(run_scope(8), 1)


def test_the_closed_token_fits_a_signed_64_bit_column_and_no_driver_reaches_it() -> None:
    assert 2**53 < CLOSED_TOKEN < 2**63


WHOLE = RouteRecord("sessions", 5, RoutePhase.DUAL_A, "a")


def test_a_route_is_one_range_until_its_buckets_part() -> None:
    assert WHOLE.ranges == (BucketRange(0, 255, RoutePhase.DUAL_A, 5, "a"),)
    assert WHOLE.at(17) is not None


def test_a_bucket_is_found_in_its_range() -> None:
    parted = RouteRecord(
        "sessions",
        6,
        RoutePhase.DUAL_A,
        "a",
        buckets=(BucketRange(0, 0, RoutePhase.DUAL_B, 6, "b"), BucketRange(1, 255, RoutePhase.DUAL_A, 5, "a")),
    )
    assert (parted.at(0).authority, parted.at(1).authority, parted.at(255).epoch) == ("b", "a", 5)
    with pytest.raises(KeyError):
        parted.at(256)


def test_nobody_orders_anything_of_a_run_that_nobody_watches() -> None:
    live = Unwatched()
    live.want("relay")
    live.show("sessions", "relay", {"depth": 1})
    with live.urgent():
        assert (live.order(), live.most_a_second()) == (CutoverOrder.NONE, 0)
    assert (list(live.clients("sessions")), dict(live.shown("sessions"))) == ([], {})
