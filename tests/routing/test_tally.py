from migrations_app.routing.tally import KEPT, Tally, counters, merged


def test_threads_are_added_up():
    one, other = Tally(errors=1, fenced=2), Tally(retries=3)
    for _ in range(99):
        one.add(1_000)
    other.add(5_000_000)
    one.acknowledge("a", 7)
    other.acknowledge("a", 5)
    other.acknowledge("b", 2)

    assert counters([one, other]) == {
        "operations": 100,
        "errors": 1,
        "fenced": 2,
        "retries": 3,
        "slowest_us": 5_000,
        "p99_us": 5_000,
        "max_acked_seq_a": 7,
        "max_acked_seq_b": 2,
    }


def test_what_is_kept_is_bounded_and_recent():
    tally = Tally()
    tally.add(9_000_000)
    for _ in range(3 * KEPT):
        tally.add(2_000)

    assert len(tally.recent_ns) == KEPT
    assert (counters([tally])["p99_us"], counters([tally])["slowest_us"]) == (2, 9_000)


def test_before_the_first_operation_all_is_zero():
    assert set(counters([Tally()]).values()) == {0}
    assert set(counters([]).values()) == {0}


def test_reports_of_several_routers_are_added_up_but_for_their_extremes():
    one = {"operations": 3, "p99_us": 5, "max_acked_seq": 9}
    other = {"operations": 4, "p99_us": 7, "slowest_us": 8}

    assert merged([one, other]) == {"operations": 7, "p99_us": 7, "max_acked_seq": 9, "slowest_us": 8}
    assert merged([]) == {}
