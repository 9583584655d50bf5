"""The demo's independent look, on real servers: it has to find what it is there to find."""

import time

import psycopg
import pytest
import redis

from migrations_app.demo.recount import flip_one_byte, recount

pytestmark = [pytest.mark.servers]

PREFIX = "recount:"
CREATE = "CREATE TABLE snakeweb_sessions (key text PRIMARY KEY, value bytea NOT NULL, expires_at_ms bigint)"


@pytest.fixture
def sides(redis_server, postgres_server):
    """Three quiet sessions, equal on both sides; (Redis URL, PostgreSQL URL)."""
    deadline = time.time_ns() // 1_000_000 + 3_600_000
    url = postgres_server.create_database("recount")
    with redis.Redis.from_url(redis_server.url) as source, psycopg.connect(url) as target:
        target.execute(CREATE)
        for number in range(3):
            source.set(f"{PREFIX}quiet:{number}", b"value", pxat=deadline)
            target.execute("INSERT INTO snakeweb_sessions VALUES (%s, %s, %s)", (f"quiet:{number}", b"value", deadline))
    yield redis_server.url, url
    with redis.Redis.from_url(redis_server.url) as source:
        source.delete(*source.keys(f"{PREFIX}*"))
    postgres_server.drop_database("recount")


def damage(url: str, statement: str) -> None:
    with psycopg.connect(url) as target:
        target.execute(statement)


def test_equal_sides_have_no_mismatches(sides):
    found = recount(sides[0], PREFIX, sides[1])

    assert (found.mismatches, found.compared, found.on_target) == (0, 3, 3)


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("missing", "DELETE FROM snakeweb_sessions WHERE key = 'quiet:1'"),
        ("extra", "INSERT INTO snakeweb_sessions VALUES ('quiet:9', 'x', NULL)"),
        ("deadline", "UPDATE snakeweb_sessions SET expires_at_ms = expires_at_ms + 3600000 WHERE key = 'quiet:1'"),
        ("deadline", "UPDATE snakeweb_sessions SET expires_at_ms = NULL WHERE key = 'quiet:1'"),
    ],
)
def test_each_kind_of_difference_is_found(sides, kind, statement):
    damage(sides[1], statement)

    found = recount(sides[0], PREFIX, sides[1])

    assert (found.mismatches, getattr(found, kind)) == (1, 1)


def test_a_flipped_byte_is_found(sides):
    flip_one_byte(sides[1])

    assert recount(sides[0], PREFIX, sides[1]).value == 1


def test_nothing_to_flip_is_an_error(sides):
    damage(sides[1], "DELETE FROM snakeweb_sessions")

    with pytest.raises(LookupError):
        flip_one_byte(sides[1])
