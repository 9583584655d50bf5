"""Callers of a live node's session server, which remember what it said."""

from dataclasses import dataclass
from typing import Any

from migrations_app.beam.node import Atom
from migrations_app.testing.beam import BeamNode

SERVER = "Elixir.Snakepit.Bridge.SessionStore"
STOP = """
Packed = fun(_, Metadata) when is_map(Metadata) -> term_to_binary(Metadata); (_, Gone) -> Gone end,
Told = fun(Failure) -> unicode:characters_to_binary(io_lib:format("~0tP", [Failure, 12])) end,
[{maps:map(Packed, Known), Calls, lists:map(Told, Failures), Slowest}
 || {Known, Calls, Failures, Slowest} <- snakeweb_fixture_traffic:stop(20000)]
"""
HELD = """
[{Id, term_to_binary(Metadata)}
 || Id <- Ids, {ok, #{metadata := Metadata}} <- [gen_server:call(Server, {get_session, Id})]]
"""


@dataclass
class Said:
    """What callers know: sessions that live with their metadata, sessions that they ended."""

    alive: dict[bytes, bytes]
    gone: list[bytes]
    calls: int
    failures: list[bytes]
    slowest_us: int


@dataclass
class NodeCallers:
    node: BeamNode

    def start_callers(self, *, callers: int = 4, sessions: int = 100, pause_ms: int = 5) -> None:
        text = "snakeweb_fixture_traffic:start(Server, C, N, P)"
        self.node.evaluate(text, Server=Atom(SERVER), C=callers, N=sessions, P=pause_ms)

    def stop_callers(self) -> Said:
        known: dict[bytes, Any] = {}
        calls, failures, slowest = 0, list[bytes](), 0
        for sessions, made, failed, longest in self.node.evaluate(STOP, seconds=30):
            known |= sessions
            calls, failures, slowest = calls + made, failures + failed, max(slowest, longest)
        alive = {name: what for name, what in known.items() if isinstance(what, bytes)}
        return Said(alive, sorted(known.keys() - alive.keys()), calls, failures, slowest)

    def answered(self, names: list[bytes]) -> dict[bytes, bytes]:
        """What the node's session server says of these now."""
        return dict(self.node.evaluate(HELD, Server=Atom(SERVER), Ids=names, seconds=30))

    def create(self, *names: str, **options: Any) -> None:
        given = [(Atom(name), value) for name, value in {"ttl": 600, **options}.items()]
        text = "[{ok, _} = gen_server:call(Server, {create_session, Id, Options}) || Id <- Ids], ok"
        self.node.evaluate(text, Server=Atom(SERVER), Ids=[name.encode() for name in names], Options=given)

    def end(self, *names: str) -> None:
        text = "[gen_server:call(Server, {delete_session, Id}) || Id <- Ids], ok"
        self.node.evaluate(text, Server=Atom(SERVER), Ids=[name.encode() for name in names])
