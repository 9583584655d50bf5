"""The lines of docs/adoption.md, evaluated by a real VM: it writes what we read, and reads what we write."""

import shutil
import subprocess
from dataclasses import replace

import erldistpy
import pytest

from migrations_app.beam.node import Atom, NodeFailed
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.testing.beam import BeamNode
from tests.adoption import samples
from tests.servers import skip_without_erlang
from tests.stores.sessions.place import HOUR, WORKER, ids, now_ms, scan_all
from tests.stores.sessions.snapshot.conftest import erlang_place

HEADING = "A Snakepit node that cannot be reached"
FOLDER = "/var/tmp/snakeweb"  # noqa: S108 - what the lines say, and what takes its place
OUT, AS_ONE_TERM, INTO = range(3)
SERVER, TABLE = Atom("Elixir.Snakepit.Bridge.SessionStore"), Atom("snakepit_sessions")
CREATE = "gen_server:call(Server, {create_session, Id, Options}), ok"
TERM = '#{1 => integer, 1.0 => float, big => 1 bsl 200, deep => [{a, "b", <<1:3>>} | c], fn => fun lists:map/2}'
FILL = f"""
[gen_server:call(Server, {{create_session, Id, [{{ttl, Ttl}}, {{metadata, Metadata}}]}}) || {{Id, Ttl, Metadata}} <-
  [{{<<"user-", (integer_to_binary(N))/binary>>, 600 + N, #{{n => N, term => {TERM}}}}} || N <- lists:seq(1, 50)] ++
  [{{<<"default_session">>, 600, #{{}}}}, {{<<"session_17_1699999999999999">>, 600, #{{}}}},
   {{<<"with a pid">>, 600, #{{pid => self()}}}}]], ok
"""
STRANGE = "sys:replace_state(Server, fun(State) -> ets:insert(Table, {atom, 1}), State end), ok"
EMPTY = """
sys:replace_state(Server, fun(State) -> ets:delete_all_objects(Table), State#{max_sessions := 10000} end), ok
"""
SEEN = "[{_, {Accessed, Ttl, S}}] = ets:lookup(Table, Id), {Accessed + Ttl - erlang:monotonic_time(second), Ttl, S}"


class Console:
    """A node's, in one of its two languages."""

    def __init__(self, node, language, elixir):
        self._node = node
        self._language = language
        self._elixir = elixir

    def paste(self, number, path):
        """The sample with this number, for a file at another path; gives what it gives."""
        text = samples(self._language, HEADING)[number]
        assert f"{FOLDER}/{path.name}" in text
        text = text.replace(FOLDER, str(path.parent))
        if self._language == "erlang":
            return self._node.evaluate(text.rstrip().removesuffix("."))
        code = "code:add_pathsa(Paths), {ok, _} = application:ensure_all_started(elixir), "
        code += "element(1, 'Elixir.Code':eval_string(Text))"
        return self._node.evaluate(code, Paths=self._elixir, Text=text.encode())


@pytest.fixture(scope="module")
def one_node(server_directory, tmp_path_factory):
    skip_without_erlang()
    with BeamNode(tmp_path_factory.mktemp("lines"), objects=server_directory / "erlang") as node:
        yield node


@pytest.fixture
def node(one_node):
    """Its session store is empty."""
    on_node(one_node, EMPTY)
    return one_node


@pytest.fixture(params=["erlang", "elixir"])
def console(request, node):
    paths = []
    if request.param == "elixir":
        elixir = shutil.which("elixir")
        if elixir is None:
            pytest.skip("no Elixir on this machine")
        asked = [elixir, "-e", "IO.write(:filename.join(:code.lib_dir(:elixir), ~c(ebin)))"]
        paths = [list(subprocess.run(asked, capture_output=True, check=True).stdout)]
    return Console(node, request.param, paths)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own" / "sessions.etf"


@pytest.fixture
def brought(path):
    path.parent.mkdir()
    return path


def on_node(node, text, **bindings):
    return node.evaluate(text, Server=SERVER, Table=TABLE, **bindings)


def live(node):
    return replace(erlang_place(""), config=node.config(), secrets=node.secrets)


def names(count):
    return sorted(f"user-{n}" for n in range(1, count + 1))


def test_what_a_node_writes_is_what_lies_in_it(node, console, path):
    on_node(node, FILL)
    on_node(node, STRANGE)
    console.paste(OUT, path)

    assert path.parent.stat().st_mode & 0o777 == 0o700
    with erlang_place(path).open(read_only=True) as file, live(node).open(read_only=True) as table:
        page, held, probe = file.scan("", 100), file.scan_ids("", 100), file.probe()
        there = {record.id: record for record in scan_all(table)}

        assert ids(page.records) == names(50)
        for record in page.records:
            assert record.content_hash() == there[record.id].content_hash()
            assert replace(record, value=b"") == replace(there[record.id], value=b"")
        assert page.unreadable == [("with a pid", "the value holds a process id, which means nothing on another node")]
        assert [name.split()[0] for name in held.strange] == ["row"]
        assert file.missing(["default_session", "user-1"]) == ["default_session"]
        assert (probe.count, table.count()) == (51, 51)
        assert probe.details["made_on"] == node.name
        assert probe.details["own_rows"].startswith("2 ")


def test_a_folder_that_is_there_is_somebody_else_s(node, console, brought):
    with pytest.raises(NodeFailed):
        console.paste(OUT, brought)

    assert list(brought.parent.iterdir()) == []


def test_a_small_table_may_be_one_term(node, console, path):
    on_node(node, FILL)
    console.paste(AS_ONE_TERM, path)

    with erlang_place(path).open() as file:
        assert ids(scan_all(file)) == names(50)
        file.raise_worker_fence(WORKER)
        assert file.delete(["user-1"], WORKER) == 1
    with erlang_place(path).open() as file:
        assert ids(scan_all(file)) == names(50)[1:]
        assert file.probe().details["own_rows"].startswith("2 ")


def session(name, metadata, **parts):
    value = erldistpy.encode({Atom("metadata"): metadata, Atom("programs"): {b"p": 1}, b"more": 1})
    times = {"ttl_ms": 2 * HOUR, "expires_at_ms": now_ms() + HOUR, "created_at_ms": now_ms() - HOUR}
    return SessionRecord(name, value, Codec.ETF, **{**times, "version": Version(7, 1), **parts})


def test_a_node_makes_the_sessions_of_a_file_anew(node, console, brought):
    on_node(node, CREATE, Id=b"held", Options=[])
    with erlang_place(brought).ready() as file:
        file.apply([session(f"user-{n}", {b"n": n}) for n in range(20)], WORKER)
        file.apply([session("held", {}), session("fixed", {}, ttl_ms=None)], WORKER)
        file.apply([session("ends", {}, expires_at_ms=now_ms() + 400)], WORKER)

    counts = console.paste(INTO, brought)

    assert counts[Atom("created")] + counts.get(Atom("expired"), 0) == 22
    assert counts[Atom("exists")] == 1
    for name in (b"user-7", b"fixed"):
        left, ttl, made = on_node(node, SEEN, Id=name)
        assert left == pytest.approx(HOUR // 1000, abs=2)
        assert ttl == pytest.approx(HOUR // 1000, abs=2)  # what was left, and not the two hours that it had
        assert made[Atom("programs")] == {b"p": 1}
        assert b"more" not in made
    assert on_node(node, SEEN, Id=b"user-7")[2][Atom("metadata")] == {b"n": 7}
    assert console.paste(INTO, brought)[Atom("exists")] >= 22


def test_a_quota_that_is_too_small_is_told(node, console, brought):
    full = "sys:replace_state(Server, fun(State) -> State#{max_sessions := 5} end), ok"
    on_node(node, full)
    with erlang_place(brought).ready() as file:
        file.apply([session(f"user-{n}", {}) for n in range(8)], WORKER)

    counts = console.paste(INTO, brought)

    assert counts == {Atom("created"): 5, (Atom("error"), Atom("session_quota_exceeded")): 3}


def test_atoms_that_a_node_does_not_know_are_refused_there(node, console, brought):
    with erlang_place(brought).ready() as file:
        file.apply([session("user", {Atom("nobody_has_heard_of_this"): 1})], WORKER)

    with pytest.raises(NodeFailed):
        console.paste(INTO, brought)

    assert on_node(node, "ets:info(Table, size)") == 0


def test_a_node_s_file_that_was_changed_here_is_still_one_for_a_node(node, console, path):
    on_node(node, FILL)
    console.paste(OUT, path)
    with erlang_place(path).open() as file:
        file.raise_worker_fence(WORKER)
        assert file.delete([f"user-{n}" for n in range(10, 51)], WORKER) == 41
        file.apply([session("new", {b"n": 1}), session("user-1", {b"changed": 1})], WORKER)
    with erlang_place(path).open() as file:
        assert ids(scan_all(file)) == sorted(["new", *names(9)])
        assert file.read(["user-1"])[0].expires_at_ms == pytest.approx(now_ms() + HOUR, abs=5000)

    on_node(node, EMPTY)
    counts = console.paste(INTO, path)

    assert counts == {Atom("created"): 10 + 2 + 1}  # with the node's own, and the one that no other node could take
    assert on_node(node, SEEN, Id=b"user-1")[2][Atom("metadata")] == {b"changed": 1}
