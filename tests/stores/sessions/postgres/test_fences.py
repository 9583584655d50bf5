import threading
from dataclasses import replace

import pytest

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost
from migrations_app.engine.ports import WorkerToken
from tests.stores.sessions.place import WORKER, ids, scan_all
from tests.stores.sessions.postgres.places import filled

pytestmark = pytest.mark.servers


def test_a_frozen_predecessor_inside_a_write_is_ended(own):
    with own.ready() as frozen, own.open() as store:
        frozen.apply([own.record("before")], WORKER)
        connection = frozen._open()
        # It stops in the middle of a batch, holding its fence.
        connection.execute("BEGIN")
        frozen._open_fences().check(WORKER)
        connection.execute(filled(own, "INSERT INTO {t} (key, value) VALUES ('half', '')"))

        store.raise_worker_fence(replace(WORKER, token=4))

        with pytest.raises(DependencyUnavailable):
            frozen.apply([own.record("late")], WORKER)
        with pytest.raises(LeaseLost):
            frozen.apply([own.record("late")], WORKER)
        assert ids(scan_all(store)) == ["before"]


def test_workers_of_one_run_start_at_the_same_moment(django):
    outcomes = []

    def start(index: int) -> None:
        worker = WorkerToken(f"run:7:{index}", 1)
        with django.open() as store:
            store.raise_worker_fence(worker)
            outcomes.append(store.apply([django.record(f"k{index}")], worker).written)

    threads = [threading.Thread(target=start, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [1] * 6
