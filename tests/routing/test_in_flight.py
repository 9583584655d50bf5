import gc
import threading

from migrations_app.routing.in_flight import InFlight


def test_the_oldest_operation_of_any_thread_counts():
    in_flight = InFlight()
    inside, leave = threading.Event(), threading.Event()

    def operate():
        in_flight.slot().epochs.append(3)
        inside.set()
        assert leave.wait(60)
        in_flight.slot().epochs.remove(3)

    thread = threading.Thread(target=operate)
    thread.start()
    assert inside.wait(60)
    in_flight.slot().epochs.append(4)

    assert in_flight.oldest(5) == 3
    leave.set()
    thread.join()
    assert in_flight.oldest(5) == 4
    in_flight.slot().epochs.remove(4)
    assert in_flight.oldest(5) == 5


def test_a_thread_that_has_ended_leaves_nothing():
    in_flight = InFlight()
    for _ in range(20):
        thread = threading.Thread(target=in_flight.slot)
        thread.start()
        thread.join()
    gc.collect()
    in_flight.slot()

    assert len(in_flight._slots) <= 2


def test_operations_of_one_thread_may_nest():
    epochs = InFlight()
    mine = epochs.slot().epochs
    mine += [3, 4, 3]
    mine.remove(3)

    assert epochs.oldest(9) == 3
