from contextlib import suppress
from dataclasses import replace

import pytest

from migrations_app.engine.errors import LeaseLost, StepFailed
from migrations_app.engine.ports import WorkerToken, partition_scope
from migrations_app.handlers.session.actions.initialise import Initialise
from migrations_app.handlers.session.actions.transfer import Transfer
from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.sides import reading
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version
from migrations_app.testing.servers import RedisServer
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import KEY, SEEDER, Move, content, fill, now_ms, number, opened, place, sessions


class Stop(BaseException):
    """The worker dies."""


@pytest.fixture
def filled(redis_place):
    move = Move(redis_place(), redis_place(), options={"batch_size": 30, "parallel_workers": 4})
    fill(move.source, sessions(250))
    Initialise().do(context(move, "initialise"))
    return move


def test_every_session_arrives_with_its_deadline_and_version(filled):
    result = Transfer().do(context(filled, "transfer"))

    assert content(filled.target) == content(filled.source)
    assert (result["written"], result["unreadable"]) == (250, 0)
    with reading(filled.target) as store:
        assert {record.version for record in store.scan("", 10).records} == {Version(filled.run_id, 1)}


def test_partitions_add_up(filled):
    results = [Transfer().do(context(filled, "transfer", partition=index, partitions=4)) for index in range(4)]

    assert all(0 < result["written"] < 250 for result in results)
    assert Transfer().merge(results)["written"] == 250
    assert content(filled.target) == content(filled.source)


def test_it_resumes_at_every_checkpoint(filled):
    whole = Notebook()
    Transfer().do(context(filled, "transfer", progress=whole))

    for at in range(1, len(whole.saved) + 1):
        notebook = Notebook({at: Stop()})
        with opened(filled.target) as store:
            store.delete(list(content(filled.target)), SEEDER)
        with suppress(Stop):  # a scan of Redis may need one page less than it needed before
            Transfer().do(context(filled, "transfer", progress=notebook))
        result = Transfer().do(context(filled, "transfer", checkpoint=notebook.last))

        assert result["written"] == 250
        assert content(filled.target) == content(filled.source)


def test_once_more_writes_nothing(filled):
    Transfer().do(context(filled, "transfer"))

    assert Transfer().do(context(filled, "transfer"))["written"] == 0


def test_an_ended_session_is_not_brought_back(filled):
    with opened(filled.source) as store:
        store.apply([SessionRecord("short", b"x", expires_at_ms=now_ms() + 60)], SEEDER)
    assert wait_until(lambda: "short" not in content(filled.source))

    Transfer().do(context(filled, "transfer"))

    assert "short" not in content(filled.target)


def wait_until(condition):
    ends = now_ms() + 60_000
    while not condition():
        if now_ms() > ends:
            return False
    return True


def test_a_replaced_driver_is_refused(filled):
    stale = context(filled, "transfer", token=1)
    with opened(filled.target) as store:
        store.raise_worker_fence(WorkerToken(stale.worker.scope, 2))

    with pytest.raises(LeaseLost):
        Transfer().do(stale)
    assert content(filled.target) == {}


def test_undo_takes_the_copies_off_and_leaves_what_others_put_there(filled):
    Transfer().do(context(filled, "transfer"))
    fill(filled.target, sessions(5, prefix="foreign"))
    ctx = context(filled, "transfer", token=2)

    Transfer().undo(ctx)

    assert set(content(filled.target)) == set(content_ids("foreign", 5))
    assert any("5 session(s)" in line for line in ctx.log.lines)
    assert len(content(filled.source)) == 250


def content_ids(prefix, count):
    return [record.id for record in sessions(count, prefix=prefix)]


def test_undo_takes_a_session_off_that_a_client_wrote_over(filled):
    Transfer().do(context(filled, "transfer"))
    with opened(filled.target) as target:
        record = target.read(["s-0000001"])[0]
        target.apply([replace(record, value=b"written on the target", version=UNVERSIONED)], SEEDER)

    Transfer().undo(context(filled, "transfer", token=2))

    assert content(filled.target) == {}


def test_undo_shuts_out_partition_drivers_for_good(filled):
    Transfer().do(context(filled, "transfer", partition=1, partitions=4))
    Transfer().undo(context(filled, "transfer", token=2))
    late = WorkerToken(partition_scope(filled.run_id, "transfer", 1), 1_000_000)

    with opened(filled.target) as store, pytest.raises(LeaseLost):
        store.apply(sessions(1), late)


def test_undo_is_over_at_once_when_there_is_no_table(move):
    Transfer().undo(context(move, "transfer"))

    assert content(move.target) == {}


@pytest.fixture
def unreadable(redis_server: RedisServer, sqlite_place):
    source = place(redis_server.config(prefix=f"u{number()}:", codec="json"), redis_server.secrets)
    fill(source, [SessionRecord("good", b"{}", Codec.JSON)])
    redis_server.command("SET", source.config["prefix"] + "bad", "{broken")
    return lambda **parameters: Move(source, sqlite_place(), parameters=parameters)


def test_an_unreadable_record_stops_the_run_and_is_named(unreadable):
    move = unreadable()
    Initialise().do(context(move, "initialise"))

    with pytest.raises(StepFailed) as refused:
        Transfer().do(context(move, "transfer"))

    (named,) = refused.value.details["unreadable"]
    assert named["fingerprint"] == fingerprint("bad", KEY)
    assert "bad" not in str(refused.value.as_dict()).replace(named["fingerprint"], "")


def test_an_unreadable_record_may_be_left(unreadable):
    move = unreadable(unreadable="leave")
    Initialise().do(context(move, "initialise"))

    result = Transfer().do(context(move, "transfer"))

    assert (result["written"], result["unreadable"]) == (1, 1)


def test_a_preview_counts_batches(filled):
    assert Transfer().preview(context(filled, "transfer")) == {"sessions": 250, "batches": 9, "partitions": 4}


def test_the_way_by_hand_names_both_stores(filled):
    (line,) = Transfer().manual_undo(context(filled, "transfer"))

    assert filled.source.name in line
    assert filled.target.name in line
