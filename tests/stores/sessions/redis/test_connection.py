import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from tests.stores.sessions.place import WORKER, Place, wait_until

pytestmark = pytest.mark.servers


def test_a_server_that_is_gone_is_unavailable_and_comes_back(disposable_redis):
    place = Place(disposable_redis.config())
    with place.ready() as store:
        store.apply([place.record()], WORKER)
        disposable_redis.kill()
        for call in (store.count, store.probe, lambda: store.apply([], WORKER), lambda: store.scan("", 1)):
            with pytest.raises(DependencyUnavailable, match="does not answer"):
                call()
        disposable_redis.start()
        wait_until(lambda: store.count() == 1)

        assert store.apply([place.record("two")], WORKER).written == 1


def test_a_port_without_a_server_is_unavailable(strings):
    with Place({**strings.config, "port": 1}).open() as store, pytest.raises(DependencyUnavailable):
        store.probe()


@pytest.mark.parametrize(
    ("change", "secrets", "field"),
    [
        ({}, {}, "config.username"),
        ({}, {"password": "wrong"}, "config.username"),
        ({"username": "nobody"}, {"password": "secret"}, "config.username"),
        ({"db": 99}, {"password": "secret"}, "config.db"),
    ],
)
def test_wrong_credentials_name_the_field(locked_redis, change, secrets, field):
    place = Place(locked_redis.config(**change), secrets)
    with place.open() as store, pytest.raises(ValidationFailed) as caught:
        store.count()

    assert [problem.field for problem in caught.value.problems] == [field]
    assert "secret" not in str(caught.value.as_dict())


def test_a_missing_permission_is_named(empty_redis):
    empty_redis.command("ACL", "SETUSER", "weak", "reset", "on", ">word", "~*", "+@read", "+info", "+ping")
    place = Place(empty_redis.config(username="weak"), {"password": "word"})

    with place.open() as store, pytest.raises(ValidationFailed, match="does not permit"):
        store.initialise(WORKER)


def test_a_frozen_server_is_unavailable_within_the_answer_time(disposable_redis, monkeypatch):
    monkeypatch.setattr("migrations_app.stores.sessions.redis.connection.ANSWER_SECONDS", 0.3)
    with Place(disposable_redis.config()).open() as store:
        store.count()
        disposable_redis.freeze()
        with pytest.raises(DependencyUnavailable):
            store.count()
        disposable_redis.thaw()
