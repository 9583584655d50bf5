import time

from migrations_app.routing.leases import Lease


def test_before_the_first_answer_it_is_not_valid():
    assert Lease().ends < time.monotonic()
    assert Lease(9).renew_seconds == 3


def test_it_counts_from_before_the_request_was_sent():
    lease = Lease(10)
    asked_at = lease.asked_at()
    lease.renewed(asked_at)

    assert lease.ends == asked_at + 10


def test_an_answer_that_comes_late_does_not_shorten_it():
    lease = Lease(10)
    asked_at = lease.asked_at()
    lease.renewed(asked_at)
    lease.renewed(asked_at - 5)

    assert lease.ends == asked_at + 10
