"""Handing a live node's sessions to another store: marks of what changes, a pause, a forwarder in the store's place.

The node's side of it is `beam/erlang/snakeweb_node.erl`: there a process keeps the time of each pause, and lets the
store go on by itself when nobody comes back. Everything here may be called again after a crash or a lost answer.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from migrations_app.beam import code
from migrations_app.beam.code import CodeRefused
from migrations_app.beam.node import Atom, Node
from migrations_app.engine.errors import StepFailed
from migrations_app.stores.sessions.beam.store import node_of
from migrations_app.stores.sessions.configuration import parse_config

MOST_MARKS = 1000  # in one look
# Bound: Server, Table. Gives no_process, no_gen_server, or {its callback module, how its table is protected}.
_SERVER = """
case whereis(Server) of
  undefined -> no_process;
  Process ->
    {dictionary, Words} = process_info(Process, dictionary),
    case proplists:get_value('$initial_call', Words) of
      {Module, init, 1} ->
        {Module, case ets:info(Table, owner) of Process -> ets:info(Table, protection); _ -> none end};
      _ -> no_gen_server
    end
end
"""
# Bound: Module, Beam. Calls of the store's module that the forwarder lacks.
_UNKNOWN = """
{ok, {_, [{exports, Known}]}} = beam_lib:chunks(Beam, [exports]),
[Export || Export <- Module:module_info(exports), not lists:member(Export, Known)]
"""
# Bound: Modules (the way's own first, with their object code), Settings. Gives ok, or {error, Reason}.
_PREFLIGHT = """
[begin code:purge(Name), {module, Name} = code:load_binary(Name, "snakeweb", Beam) end || {Name, Beam} <- Modules],
try (element(1, hd(Modules))):refuses(Settings)
after [begin code:delete(Name), code:purge(Name) end || {Name, _} <- Modules] end
"""


class Standing(StrEnum):
    """Who answers the node's callers: its own store, nobody for the moment, or the forwarder."""

    FREE = "free"
    HELD = "held"
    FORWARDING = "forwarding"


@dataclass(frozen=True, slots=True)
class Mark:
    """A session that somebody asked for, and how often since it was first marked."""

    id: str
    count: int


@dataclass(frozen=True, slots=True)
class Way:
    """How the forwarder reaches a store: the sources that it needs for it (`code.GATEWAY`, `code.REDIS`), what it calls
    the store for people, and the settings that the first of the sources takes. They may hold secrets.
    """

    sources: Sequence[str]
    place: str
    settings: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Forwarder:
    """`code`: object code under the name of the store's own module, and of what it calls by name."""

    module: str
    code: tuple[bytes, list[tuple[Atom, bytes]]]
    ways: list[tuple[Atom, dict[Any, Any]]] = field(repr=False)


class NodeHandOver:
    """Of one session server. Not thread-safe. Raises DependencyUnavailable when the node does not answer.

    A pause belongs to the object that began it: what another one has held it cannot change.
    """

    def __init__(self, node: Node, server: str, table: str) -> None:
        self._node = node
        self._key = os.urandom(8)
        self._server = Atom(server)
        self._marks = Atom(f"{table}_snakeweb_marks")
        self._table = Atom(table)

    def load(self) -> None:
        """Put the helper on the node, unless it is there. Raises CodeRefused."""
        code.load_helper(self._node)

    def why_not(self) -> str:
        """Why the sessions of this node cannot be handed over while it serves; '' when they can. Loads nothing.

        It must load code; nobody but the server may write its table; the forwarder must know every call of its module.
        """
        name = self._server.name
        match self._node.evaluate(_SERVER, Server=self._server, Table=self._table):
            case (Atom() as module, protection):
                pass
            case Atom("no_process"):
                return f"the node {self._node.address.name} has no process {name}"
            case _:
                return f"{name} is no gen_server, whose code could be changed while it runs"
        if protection == Atom("none"):
            return f"{name} keeps no table {self._table.name}, from which a forwarder could go on"
        if protection == Atom("public"):
            return "its table can be written by every process, past the session server"
        try:
            beam = code.compiled(self._node, code.FORWARDER, module.name)
        except CodeRefused as refusal:
            return str(refusal)
        if unknown := self._node.evaluate(_UNKNOWN, Module=module, Beam=beam):
            calls = ", ".join(sorted(f"{call.name}/{arity}" for call, arity in unknown))
            return f"its session store answers calls that the forwarder does not know: {calls}"
        return ""

    def refuses(self, way: Way) -> str:
        """Why the node gets nowhere by this way; '' when it does. Raises CodeRefused."""
        modules = self._beside(way, f"{code.HELPER}_preflight")
        answer = self._node.evaluate(_PREFLIGHT, Modules=modules, Settings=_named(way.settings))
        return "" if answer == Atom("ok") else f"it gets no answer from {way.place} ({_words(answer)})"

    def watch(self) -> None:
        """Mark from now on what changes."""
        self._call("watch", self._server, self._marks)

    def watches(self) -> bool:
        return bool(self._call("watches", self._server, self._marks))

    def unwatch(self) -> None:
        self._call("unwatch", self._server, self._marks)

    def marked(self, most: int = MOST_MARKS) -> list[Mark]:
        found = self._call("marked", self._marks, most)
        if strange := [(name, count) for name, count in found if not _is_text(name)]:
            self._call("acknowledge", self._marks, strange)  # no session that another store could hold
        return [Mark(name.decode(), count) for name, count in found if _is_text(name)]

    def acknowledge(self, marks: Sequence[Mark]) -> None:
        """Take them away, but for sessions that were asked for again meanwhile."""
        self._call("acknowledge", self._marks, [(mark.id.encode(), mark.count) for mark in marks])

    def standing(self) -> Standing:
        return Standing(self._call("standing", self._server).name)

    def hold(self, limit_ms: int) -> None:
        """Let callers wait, for so long at the most. Raises StepFailed when the store is too busy to stop."""
        if self._call("hold", self._server, self._key, limit_ms) != Atom("ok"):
            raise StepFailed("The node's session server did not stop in time; it goes on as it was.")

    def forwarder(self, ways: Sequence[Way]) -> Forwarder:
        """Compiled ahead, because nobody should wait for that. Raises CodeRefused.

        A later way serves when another store than that of the first one has got the sessions.
        """
        module = self._call("callback_module", self._server).name
        beside = [self._beside(way, module) for way in ways]
        main = code.compiled(self._node, code.FORWARDER, module)
        named = [(modules[0][0], _named(way.settings)) for modules, way in zip(beside, ways, strict=True)]
        return Forwarder(module, (main, [one for modules in beside for one in modules]), named)

    def _beside(self, way: Way, module: str) -> list[tuple[Atom, bytes]]:
        """The modules of a way, named after the one that calls them: two servers of a node may have two versions."""
        names = {source: f"{module}.{source}" for source in way.sources}
        return [(Atom(name), code.compiled(self._node, source, name, names)) for source, name in names.items()]

    def forward(self, forwarder: Forwarder) -> int:
        """Put the forwarder in the held store's place, which goes on; the microseconds for which it stood still.

        Raises StepFailed, with everything as it was, when the pause had ended by itself.
        """
        extra = {Atom("ways"): forwarder.ways}
        return self._switched(
            self._call("switch", self._server, self._key, Atom(forwarder.module), forwarder.code, extra)
        )

    def restore(self) -> int:
        """The store's own code in the held forwarder's place, which goes on. As `forward` else."""
        module = self._call("callback_module", self._server)
        return self._switched(self._call("restore", self._server, self._key, module))

    def release(self) -> None:
        """Let a held store go on as it was."""
        self._call("release", self._server, self._key)

    def leave(self) -> None:
        """Take marks and helper away."""
        self.unwatch()
        code.unload_helper(self._node)

    def _switched(self, answer: Any) -> int:
        match answer:
            case (Atom("switched"), int() as microseconds):
                return microseconds
        self.release()  # it may still stand still for us
        raise StepFailed(
            f"The code of the node's session server was not changed ({_words(answer)}); it goes on as it was.",
            details={"reason": _words(answer)},
        )

    def _call(self, function: str, *arguments: Any) -> Any:
        names = [f"A{place}" for place in range(len(arguments))]
        text = f"{code.HELPER}:{function}({', '.join(names)})"
        return self._node.evaluate(text, **dict(zip(names, arguments, strict=True)))


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _named(settings: Mapping[str, Any]) -> dict[Any, Any]:
    return {Atom(name): value for name, value in settings.items()}


def _words(answer: Any) -> str:
    """The reason of {error, Reason}; never more than an atom, a number, or the first word of a server's error."""
    match answer:
        case (Atom("error"), Atom() as reason):
            return str(reason.name)
        case (Atom("error"), int() as status):
            return f"status {status}"
        case (Atom("error"), bytes() as word) if word.isalpha():
            return f"error {word.decode()}"
    return "unknown"


@contextmanager
def open_hand_over(config: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[NodeHandOver]:
    """Of a session-store target on a node. Raises ValidationFailed with every problem of the configuration."""
    parsed = parse_config(config)
    with node_of(parsed, secrets) as node:
        yield NodeHandOver(node, parsed["server"], parsed["table"])
