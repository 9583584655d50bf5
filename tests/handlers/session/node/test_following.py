"""Marks are carried as what the session is now, and are gone afterwards."""

from migrations_app.handlers.session.sides import writing
from tests.handlers.session.node.conftest import World


def test_a_round_carries_what_changed_and_deletes_what_is_gone(quiet: World, follower):
    quiet.create("a", "b", "c")
    assert follower.round() == 3
    quiet.end("b")
    quiet.create("d")

    assert follower.round() == 2
    assert follower.round() == 0

    assert follower.replica.scan_ids("", 10).ids == ["a", "c", "d"]
    assert follower.differing(["a", "b", "c", "d", "never"]) == []
    assert follower.carried == 5


def test_a_session_that_is_asked_for_again_stays_marked(quiet: World, follower):
    quiet.create("a")
    marks = follower.over.marked()
    quiet.create("a")

    follower.over.acknowledge(marks)

    assert [mark.id for mark in follower.over.marked()] == ["a"]


def test_each_round_is_newer_than_the_one_before(quiet: World, follower):
    for value in range(3):
        quiet.create("a", metadata={b"n": value})
        follower.until_none()
        quiet.end("a")
        follower.until_none()
    quiet.create("a", metadata={b"n": 9})
    follower.until_few()

    assert follower.differing(["a"]) == []
    assert follower.ctx.progress.last == follower.checkpoint()


def test_copying_all_takes_off_what_the_origin_does_not_hold(quiet: World, follower):
    quiet.create("a", "b")
    follower.copy_all()
    assert follower.replica.scan_ids("", 10).ids == ["a", "b"]
    quiet.end("a")
    quiet.create("c")

    follower.copy_all()

    assert follower.replica.scan_ids("", 10).ids == ["b", "c"]
    assert follower.differing("abc") == []


def test_copying_all_leaves_alone_what_is_level(quiet: World, follower):
    quiet.create("a", "b", metadata={b"n": 1})
    follower.copy_all()
    quiet.end("a")
    quiet.create("a", metadata={b"n": 2})
    already = follower.carried

    follower.copy_all()

    assert follower.carried == already + 1
    assert follower.differing("ab") == []


def test_what_cannot_be_read_stays(quiet: World, follower):
    """Bringing back takes off the node what the other store does not hold, but for what was never carried."""
    quiet.create("a", "gone")
    follower.copy_all()
    follower.replica.delete(["gone"], follower.ctx.worker)
    pid = 'gen_server:call(Server, {create_session, <<"pid">>, [{metadata, #{p => self()}}]}), ok'
    quiet.node.evaluate(pid.replace("Server", "'Elixir.Snakepit.Bridge.SessionStore'"))
    with writing(follower.ctx, "source") as node:
        follower.origin, follower.replica = follower.replica, node
        follower.copy_all()
        page = node.scan("", 10)

    assert [record.id for record in page.records] == ["a"]
    assert [name for name, _ in page.unreadable] == ["pid"]
