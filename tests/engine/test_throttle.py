import pytest

from migrations_app.engine.throttle import FIRST_RATE, LEAST_RATE, LEAST_SIZE, MOST_RATE, Throttle


def batch(throttle: Throttle, seconds: float = 0.01, **more: float) -> float:
    times = {"source_seconds": seconds, "target_seconds": seconds, **more}
    return throttle.after(100, **times)  # type: ignore[arg-type]


def test_quick_batches_make_it_faster_step_by_step() -> None:
    throttle = Throttle(most_lag_ms=1000)
    rates = []
    for _ in range(5):
        batch(throttle)
        rates.append(throttle.rate)
    assert rates == sorted(rates)
    assert rates[0] > FIRST_RATE


@pytest.mark.parametrize("slow", ["source_seconds", "target_seconds"])
def test_a_store_that_gets_slow_halves_the_rate_and_is_named(slow: str) -> None:
    throttle = Throttle(most_lag_ms=1000)
    batch(throttle)
    before = throttle.rate
    batch(throttle, **{slow: 0.1})
    assert throttle.rate == before / 2
    assert slow.partition("_")[0] in throttle.because


def test_one_batch_that_took_long_is_no_slow_store() -> None:
    throttle = Throttle(most_lag_ms=1000)
    for _ in range(3):
        batch(throttle)
    batch(throttle, target_seconds=0.05)
    assert throttle.because == ""
    for _ in range(6):
        batch(throttle, target_seconds=0.05)
    assert throttle.because == "the target got slow"


def test_a_busy_machine_whose_batches_take_now_this_and_now_that_stops_nobody() -> None:
    throttle = Throttle(most_lag_ms=1000)
    for number in range(200):
        batch(throttle, seconds=0.05 if number % 3 else 0.005)
    assert throttle.rate == MOST_RATE


def test_what_stays_slow_becomes_usual() -> None:
    throttle = Throttle(most_lag_ms=1000)
    batch(throttle)
    for _ in range(300):
        batch(throttle, target_seconds=0.1)
    assert throttle.because == ""
    assert throttle.rate > FIRST_RATE


def test_batches_get_smaller_with_a_target_that_takes_longer() -> None:
    throttle = Throttle(most_lag_ms=1000)
    assert throttle.size(1000) == 1000
    batch(throttle, target_seconds=0.005)  # 50 us a record
    assert throttle.size(10_000) == 1000
    for _ in range(20):
        batch(throttle, target_seconds=0.01)
    assert throttle.size(10_000) == pytest.approx(500, abs=2)
    for _ in range(20):
        batch(throttle, target_seconds=0.1)
    assert (throttle.size(10_000), throttle.size(100)) == (LEAST_SIZE, 100)


def test_a_relay_that_is_behind_comes_first() -> None:
    throttle = Throttle(most_lag_ms=1000)
    before = throttle.rate
    batch(throttle, lag_ms=1001)
    assert throttle.rate == before / 2
    assert "1001 ms behind" in throttle.because


def test_it_recovers_and_never_stands_still_or_runs_away() -> None:
    throttle = Throttle(most_lag_ms=1000)
    for _ in range(40):
        batch(throttle, lag_ms=5000)
    assert throttle.rate == LEAST_RATE
    for _ in range(400):
        batch(throttle)
    assert throttle.rate == MOST_RATE
    assert throttle.because == ""


def test_the_pause_makes_up_for_what_the_batch_did_not_take() -> None:
    throttle = Throttle(most_lag_ms=1000, rate=1000 / 1.1)
    assert batch(throttle) == pytest.approx(0.1 - 0.02)
    assert batch(throttle, seconds=0.2) == 0


def test_a_person_s_limit_holds_whatever_the_stores_could_take() -> None:
    throttle = Throttle(most_lag_ms=1000, rate=MOST_RATE)
    assert batch(throttle, most_a_second=50) == pytest.approx(2 - 0.02)


def test_an_empty_page_teaches_nothing() -> None:
    throttle = Throttle(most_lag_ms=1000)
    assert throttle.after(0, source_seconds=9, target_seconds=9) == 0
    assert throttle.rate == FIRST_RATE


def test_a_store_that_changed_for_good_is_believed_in_the_end() -> None:
    throttle = Throttle(most_lag_ms=1000)
    batch(throttle)
    for _ in range(200):
        batch(throttle, source_seconds=0.05)
    assert throttle.because == ""
