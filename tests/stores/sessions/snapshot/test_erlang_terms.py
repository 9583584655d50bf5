"""Files of Erlang terms that a node wrote, and that somebody damaged or made up."""

import os
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest
from erldistpy import Atom

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import Version
from migrations_app.stores.sessions.snapshot import erlang_terms
from tests.stores.sessions.place import WORKER, ids, scan_all
from tests.stores.sessions.snapshot.conftest import erlang_place
from tests.stores.sessions.snapshot.erlang_files import OFFSET_MS, beginning, encoded, ending, file_of, frame, row

ROWS = [encoded(row(f"user-{n}")) for n in range(5)]
GOOD = file_of(*ROWS)
MiB = 1024 * 1024


@pytest.fixture
def place(tmp_path):
    return erlang_place(tmp_path / "sessions.etf")


def written(place, content):
    with open(place.config["path"], "wb") as stream:
        stream.write(content)
    return place


def compressed(term: bytes, size: int | None = None) -> bytes:
    return b"\x83P" + (len(term) - 1 if size is None else size).to_bytes(4, "big") + zlib.compress(term[1:])


@contextmanager
def at_most(size: int):
    """Memory that the block takes at its peak."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def test_a_node_s_file_is_read(place):
    with written(place, GOOD).open(read_only=True) as store:
        probe = store.probe()
        assert ids(scan_all(store, 2)) == [f"user-{n}" for n in range(5)]

    assert (probe.count, probe.layout, probe.exists) == (5, "etf", True)
    assert probe.details == {"codec": "etf", "made_on": "snakepit@h", "made_at": "2023-11-14T22:13:20+00:00"}


def test_rows_may_be_compressed_each_or_all(place):
    for content in (file_of(*map(compressed, ROWS)), compressed(beginning([row(f"user-{n}") for n in range(5)]))):
        with written(place, content).open() as store:
            assert ids(scan_all(store, 2)) == [f"user-{n}" for n in range(5)]


def test_the_node_s_own_rows_and_strange_ones_stay_whatever_is_changed(place):
    own = [encoded(row(name)) for name in ("default_session", "session_3_4")]
    odd = [encoded((Atom("a"), 1)), encoded((b"\xff", (1, 2, {}))), b"\x83j", b"garbage", b""]
    with written(place, file_of(*own, ROWS[0], *odd, *ROWS[1:])).open() as store:
        assert store.probe().details["own_rows"] == "2 of the node itself, left there"
        assert list(store.scan_ids("", 100).strange) == [f"row {n}" for n in range(4, 9)]
        store.raise_worker_fence(WORKER)
        assert store.delete(["user-0", "user-3", "default_session"], WORKER) == 2
        assert store.apply([place.record("new")], WORKER).written == 1

        with place.open() as again:
            assert ids(scan_all(again)) == ids(scan_all(store)) == ["new", "user-1", "user-2", "user-4"]
            assert again.probe().details == store.probe().details
            assert len(again.scan_ids("", 100).strange) == 5
    with open(place.config["path"], "rb") as stream:
        content = stream.read()
    assert content.startswith(frame(beginning()) + frame(own[0]) + frame(own[1]) + b"".join(map(frame, odd)))
    assert content.endswith(ending(11))


def test_a_row_that_is_none_of_a_session_is_named_and_everything_else_moves(place):
    with written(
        place, file_of(*ROWS, encoded((b"odd", b"x" * 60)), encoded((b"ended", (1, 2, b"x" * 60))))
    ).open() as store:
        page = store.scan("", 100)
        store.raise_worker_fence(WORKER)
        assert store.apply([place.record("odd", version=Version(0, 0))], WORKER).written == 1

        assert ids(page.records) == [f"user-{n}" for n in range(5)]
        assert [name for name, _ in page.unreadable] == ["odd"]  # the other one ended long ago
        assert store.read(["odd"])[0].version == (0, 0)


def test_an_unreadable_row_of_ours_is_replaced_at_the_same_version(place):
    near = (7, 1, True, 10**13, b"no JSON")
    with written(place, file_of(encoded((b"s", near, row("s")[1])))).open() as store:
        store.raise_worker_fence(WORKER)
        later = place.record("s", version=Version(7, 1), expires_at_ms=10**13 + 1)
        store.apply([later], WORKER)

        assert store.read(["s"]) == [later]


DAMAGED = {
    "nothing in it": (b"", "damaged at its beginning"),
    "text": (b"sessions: none\n" * 100, "bytes long, and 1,500 are left"),
    "lines of JSON": (b'{"format":1}\n', "are left"),
    "another beginning": (frame(encoded((Atom("sessions"), 1))) + ending(0), "does not begin"),
    "a newer form": (frame(beginning(form=2)) + ending(0), "form 2"),
    "a beginning with more": (frame(beginning(1)) + ending(0), "does not begin"),
    "a clock out of every range": (
        frame(encoded((Atom("snakeweb_sessions"), 1, b"h", 10**18, 1))) + ending(0),
        "does not begin",
    ),
    "no end": (GOOD[: -len(ending(5))], "damaged at row 6"),
    "an overlong row": (GOOD[: -len(ending(5))] + b"\xff\xff\xff\xff" + b"x" * 100, "4,294,967,299 bytes"),
    "rows that are missing": (frame(beginning()) + frame(ROWS[0]) + ending(2), "has 1 rows and says that it has 2"),
    "something behind": (GOOD + b"x", "follows the end"),
    "two files in one": (GOOD + GOOD, "follows the end"),
    "a clock that was set": (frame(beginning()) + ending(0, OFFSET_MS + 5000), "clock was set"),
    "strange rows only": (frame(beginning()) + frame(b"\x83j") * 2000, "none of a session"),
    "rows without a clock": (encoded([row("s")]), "no clock"),
    "no rows and no clock": (encoded([]), "no clock"),
    "one term of something else": (encoded((1, 2)), "not one Erlang term"),
    "one term with something behind": (beginning([row("s")]) + b"j", "follows the end"),
    "one term that is cut off": (beginning([row("s")])[:-20], "not one Erlang term"),
    "one term of a newer form": (beginning([], form=2), "form 2"),
    "one damaged term": (compressed(beginning([row("s")]))[:-9], "damaged"),
    "one term that promises more": (compressed(beginning([row("s")]), 2**32 - 1), "too large"),
    "one term of nothing but nils": (
        compressed(beginning()[:1] + b"h\6" + beginning()[3:] + b"l\x03\0\0\0" + b"j" * 0x3000000 + b"j"),
        "none of a session",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_as_a_whole_with_its_reason(place, name):
    content, reason = DAMAGED[name]
    written(place, content)

    with place.open() as store:
        store.raise_worker_fence(WORKER)
        for look in (
            store.probe,
            lambda: store.scan("", 10),
            lambda: store.apply([place.record()], WORKER),
            lambda: store.delete(["user-1"], WORKER),
        ):
            with pytest.raises(ValidationFailed, match=reason) as caught:
                look()
            assert [problem.field for problem in caught.value.problems] == ["config.path"]
        store.clear_worker_fences("run:7:")

    with open(place.config["path"], "rb") as stream:
        assert stream.read() == content
    assert os.listdir(os.path.dirname(place.config["path"])) == ["sessions.etf"]


def test_wherever_a_file_is_cut_off_it_is_refused(place):
    for length in range(0, len(GOOD), 7):
        with written(place, GOOD[:length]).open() as store, pytest.raises(ValidationFailed, match="cut off"):
            store.count()


def test_a_file_that_is_one_term_has_a_limit(place):
    with open(place.config["path"], "wb") as stream:
        stream.write(beginning([])[:1])
        stream.truncate(erlang_terms.WHOLE_BYTES + 1)

    with place.open() as store, at_most(MiB), pytest.raises(ValidationFailed, match="64 MiB"):
        store.count()


def bomb(size: int) -> bytes:
    """A row whose compressed term unpacks to so many bytes, and promises as many."""
    head = encoded(row("bomb"))[:-1]
    return compressed(head + b"m" + (size - len(head) - 4).to_bytes(4, "big") + bytes(size - len(head) - 4))


MANY = b"l\0\x70\0\0" + b"a\1" * 0x700000 + b"j"
HOSTILE = {
    "a bomb": bomb(200 * MiB),
    "a bomb that promises little": compressed(encoded(row("x")) + bytes(100 * MiB), 100),
    "a flood of atoms": encoded(row("x", [Atom(f"never_{n:07d}") for n in range(100_000)])),
    "deep nesting": encoded((b"x", (1, 2**31))).replace(b"h\2a\1", b"h\3a\1") + b"l\0\0\0\1" * 3_000_000,
    "many parts": encoded(row("x", [])).replace(b"w\x08metadataj", b"w\x08metadata" + MANY),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_row_takes_little_memory_and_is_named_or_read(place, name):
    written(place, file_of(ROWS[0], HOSTILE[name]))

    with at_most(250 * MiB), place.open() as store:
        page, held = store.scan("", 10), store.scan_ids("", 10)
        hashes = [record.content_hash() for record in page.records]

    assert "user-0" in ids(page.records)
    assert len(hashes) + len(page.unreadable) + len(held.strange) == 2


def test_a_row_that_is_too_large_is_named_and_everything_else_moves(place):
    large = encoded(row("large", b"x" * 17 * MiB))
    for content in (file_of(ROWS[0], large, ROWS[1]), beginning([row("user-0"), row("large", b"x" * 17 * MiB)])):
        with written(place, content).open() as store:
            page = store.scan("", 10)
            assert page.unreadable == [("large", "it is larger than 16 MiB")]
            assert "user-0" in ids(page.records)
            store.raise_worker_fence(WORKER)
            assert store.delete(["user-0"], WORKER) == 1
            assert store.missing(["user-0", "large"]) == ["user-0"]
    with written(place, file_of(ROWS[0], large, ROWS[1])).open() as store, at_most(2 * MiB):
        assert store.count() == 3


def test_a_thousand_rows_are_not_held_at_once(place):
    many = file_of(*(encoded(row(f"user-{n}", b"x" * 50_000)) for n in range(1000)))
    written(place, many)

    with at_most(8 * MiB), place.open() as store:
        assert store.count() == 1000
    assert len(many) > 45 * MiB
