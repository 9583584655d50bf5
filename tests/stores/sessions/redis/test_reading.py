import pytest

from tests.stores.sessions.place import Place, ids, now_ms, scan_all

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("right", ["+@all", "+@all -pexpiretime", "+@all -eval_ro", "+@all -eval_ro -pexpiretime"])
def test_deadlines_are_absolute_on_every_path(empty_redis, client, right):
    empty_redis.command("ACL", "SETUSER", "some", "reset", "on", ">word", "~*", *right.split())
    deadline = now_ms() + 123_456
    client.set("session:a", "v", pxat=deadline)

    with Place(empty_redis.config(username="some"), {"password": "word"}).open(read_only=True) as store:
        (read,) = store.read(["a"])

    assert abs(read.expires_at_ms - deadline) <= (0 if "pexpiretime" not in right else 50)


def test_a_read_only_user_with_read_commands_is_enough(empty_redis, client):
    client.set("session:a", "v")
    rights = ("~*", "+@read", "+ping", "+info", "+time", "+select", "+client|setinfo")
    empty_redis.command("ACL", "SETUSER", "reader", "reset", "on", ">word", *rights)
    place = Place(empty_redis.config(readonly_username="reader"), {"readonly_password": "word"})

    with place.open(read_only=True) as store:
        assert ids(scan_all(store)) == ["a"]
        assert store.probe().count == 1
