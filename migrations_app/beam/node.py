"""A live node that evaluates for us. Nothing is installed on it.

A call sends the text of Erlang expressions, which the node's own `erl_eval` evaluates in a process of `rex`, the
server that every node has for remote calls. Of what fails there only the kind is told: the rest may hold session ids.
"""

import time
from typing import Any, Self

from erldistpy import Atom  # type: ignore[import-untyped]

from migrations_app.beam.distribution import Connection, NodeAddress
from migrations_app.engine.errors import MigrationError

__all__ = ["Atom", "Node", "NodeFailed"]

ANSWER_SECONDS = 15.0
IDLE_SECONDS = 20.0  # a node hangs up on a peer that is silent for its net_ticktime, 60 s unless configured
_GUARDED = (
    "try begin %s end of Sw_Value -> {ok, Sw_Value} catch "
    "_:Sw_Kind when is_atom(Sw_Kind) -> {failed, atom_to_binary(Sw_Kind, utf8)}; "
    "_:Sw_Kind when is_tuple(Sw_Kind), is_atom(element(1, Sw_Kind)) -> "
    "{failed, atom_to_binary(element(1, Sw_Kind), utf8)}; "
    "_:_ -> {failed, <<'unknown'>>} end."
).replace("<<'unknown'>>", '<<"unknown">>')


class NodeFailed(MigrationError):
    """The node ran the call and it failed there."""

    code = "node_failed"

    def __init__(self, address: NodeAddress, reason: str) -> None:
        super().__init__(f"The node {address.name} could not do it: {reason}.", details={"reason": reason})
        self.reason = reason


class Node:
    """Connects at its first call, and again after a connection was lost. Not thread-safe.

    Raises DependencyUnavailable when the node does not answer: it is retryable, and whether the call took effect is
    unknown. Raises ValidationFailed when the node refuses us.
    """

    def __init__(self, address: NodeAddress, cookie: str) -> None:
        self.address = address
        self._cookie = cookie
        self._connection: Connection | None = None
        self._used_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def evaluate(self, text: str, *, seconds: float = ANSWER_SECONDS, **bindings: Any) -> Any:
        """The value of the expressions in `text`, with variables bound by name.

        Atoms come and go as `Atom` (true, false and nil as True, False and None), strings go as binaries. Raises
        NodeFailed when the evaluation fails.
        """
        bound = [(Atom(name), value) for name, value in sorted(bindings.items())]
        given = [(Atom("Bound"), bound), (Atom("Text"), (_GUARDED % text).encode())]
        arguments = [_EVALUATION, given, Atom("none"), Atom("none"), Atom("value")]
        request = (Atom("call"), Atom("erl_eval"), Atom("expr"), arguments, Atom("user"))
        connection = self._connected()
        try:
            answer = connection.call("rex", request, seconds)
        except BaseException:
            self.close()
            raise
        self._used_at = time.monotonic()
        match answer:
            case (Atom("ok"), value):
                return value
            case (Atom("failed"), bytes() as reason):
                raise NodeFailed(self.address, reason.decode(errors="replace"))
        raise NodeFailed(self.address, "what it was sent could not be evaluated")

    def _connected(self) -> Connection:
        if self._connection is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        if self._connection is None:
            self._connection = Connection(self.address, self._cookie)
            self._used_at = time.monotonic()
        return self._connection


def _call(module: str, function: str, *arguments: Any) -> Any:
    return (Atom("call"), 1, (Atom("remote"), 1, _atom(module), _atom(function)), list(arguments))


def _second(expression: Any) -> Any:
    return _call("erlang", "element", (Atom("integer"), 1, 2), expression)


def _atom(name: str) -> Any:
    return (Atom("atom"), 1, Atom(name))


def _variable(name: str) -> Any:
    return (Atom("var"), 1, Atom(name))


# The abstract form of `element(2, erl_eval:exprs(<Text, parsed>, Bound))`: the value alone, without the bindings.
_EVALUATION = _second(
    _call(
        "erl_eval",
        "exprs",
        _second(
            _call(
                "erl_parse",
                "parse_exprs",
                _second(_call("erl_scan", "string", _call("erlang", "binary_to_list", _variable("Text")))),
            )
        ),
        _variable("Bound"),
    )
)
