from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from migrations_app.engine.following import followed_by
from migrations_app.engine.ports import Unfollowed
from migrations_app.stores.followed import followed


class Store:
    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def scan(self, secret: str) -> str:
        return self._read(secret)

    def fail(self) -> None:
        raise KeyError("gone")

    def rows(self) -> Iterator[int]:
        yield 1

    def _read(self, secret: str) -> str:
        return secret.upper()


class Follower(Unfollowed):
    calls = True

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def call(self, store: str, operation: str) -> AbstractContextManager[object]:
        @contextmanager
        def told() -> Iterator[None]:
            try:
                yield
            finally:
                self.told.append((store, operation))

        return told()


def test_calls_are_told_by_name_alone_and_do_what_they_did() -> None:
    follower = Follower()
    with followed_by(follower), followed(Store(), "toy") as store:
        assert store.scan("abc") == "ABC"
        assert list(store.rows()) == [1]
        with pytest.raises(KeyError, match="gone"):
            store.fail()
    assert follower.told == [("toy", "scan"), ("toy", "fail")]


def test_where_nobody_follows_the_store_is_as_it_was() -> None:
    store = followed(Store(), "toy")
    assert not vars(store)
    with followed_by(Unfollowed()):
        assert not vars(followed(store, "toy"))
