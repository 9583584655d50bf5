import os
import threading

import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.snapshot.sidecar import SUFFIX, held

ONE = WorkerToken("run:1:0", 2)


def _overtaken(sidecar):
    sidecar.raise_to(ONE)
    sidecar.raise_to(WorkerToken(ONE.scope, 1))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "s")


def test_only_the_newest_token_of_a_scope_passes(path):
    with held(path) as sidecar:
        sidecar.raise_to(ONE)
    with held(path) as sidecar:
        sidecar.check(ONE)
        sidecar.check(WorkerToken("run:1:0", 3))
        for refused in (WorkerToken("run:1:0", 1), WorkerToken("run:2:0", 1)):
            with pytest.raises(LeaseLost):
                sidecar.check(refused)
        with pytest.raises(LeaseLost, match="token 2"):
            sidecar.raise_to(WorkerToken("run:1:0", 1))


def test_it_goes_with_what_it_held_last(path):
    with held(path) as sidecar:
        sidecar.raise_to(ONE)
        sidecar.raise_to(WorkerToken("run:10:0", 1))
        sidecar.mark_created(ONE)
    with held(path) as sidecar:
        sidecar.forget("run:1:")
        assert sidecar.fences == {"run:10:0": 1}
        assert sidecar.created_by_run(WorkerToken("run:1:5", 9))
        assert not sidecar.created_by_run(WorkerToken("run:10:0", 1))
    assert os.path.exists(path + SUFFIX)
    with held(path) as sidecar:
        sidecar.forget("run:")
        sidecar.created = []

    assert not os.path.exists(path + SUFFIX)


def test_a_failure_changes_nothing_and_leaves_nothing(path):
    with pytest.raises(LeaseLost), held(path) as sidecar:
        _overtaken(sidecar)
    assert not os.path.exists(path + SUFFIX)


@pytest.mark.parametrize("content", [b"notes", b"[]", b'{"fences": 3}', b"\xff"])
def test_a_file_of_others_is_left_alone(path, content):
    with open(path + SUFFIX, "wb") as stream:
        stream.write(content)

    with pytest.raises(ValidationFailed, match="not Snakeweb's"), held(path):
        pass

    with open(path + SUFFIX, "rb") as stream:
        assert stream.read() == content


def test_writers_at_once_lose_no_fence_though_the_file_is_replaced_and_removed(path):
    failures = []

    def write(number):
        try:
            for turn in range(20):
                with held(path) as sidecar:
                    sidecar.raise_to(WorkerToken(f"run:{number}:0", turn))
                with held(path) as sidecar:
                    sidecar.check(WorkerToken(f"run:{number}:0", turn))
                    sidecar.forget(f"run:{number}:")
        except BaseException as error:  # noqa: BLE001 - told by the test's thread
            failures.append(error)

    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not failures
    assert not os.path.exists(path + SUFFIX)
