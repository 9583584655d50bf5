"""0.10.0: the fixed port on all interfaces became a listener with modes."""

from collections.abc import Iterator

from migrations_app.configuration.document import Setting
from migrations_app.configuration.edits import New, Verbatim
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Blocked, Change, Ground, Wish
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.values import Atom, Expression, Literal, Table, Value
from migrations_app.snakepit.versions import Version

EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - written into the file, where it keeps what was so before
HOSTS_DIFFER = (
    "`grpc_host` differs from environment to environment beside one `grpc_port`. Write a whole `grpc_listener` (mode "
    ":external, host, port) in each of them, and delete both keys."
)
ALONE = "Up to 0.9.1 it was the address that Python was told; without a `grpc_port` it is ignored from 0.10.0 on."
OWN_PORT = (
    "The Elixir server listened on port 50051 of every interface; from 0.10.0 on it takes a free port of 127.0.0.1, "
    "which Snakepit's own workers are told. If anything else calls port 50051, set `grpc_listener` to mode :external "
    "with it."
)


def _forward(ground: Ground) -> Iterator[Change]:
    for port in ground.of("grpc_port"):
        if ground.of("grpc_listener") and any(one.call == port.call for one in ground.of("grpc_listener")):
            both = "`grpc_listener` stands beside it, so that it is ignored."
            yield Change("grpc_port", port.span, ground.remove(port), both)
        else:
            yield from _converted(ground, port)
    if not ground.of("grpc_port"):
        for host in ground.of("grpc_host"):
            yield Change("grpc_host", host.span, ground.remove(host), ALONE)


def _converted(ground: Ground, port: Setting) -> Iterator[Change]:
    hosts = {
        ground.places.standing("grpc_host", environment)
        for environment in ground.environments
        if ground.places.standing("grpc_port", environment) == port
    } or {None}
    host = next(iter(hosts))
    if isinstance(port.value, Literal) and port.value.value is None:
        yield Change("grpc_port", port.span, ground.remove(port), "`grpc_port: nil` is an error from 0.10.0 on.")
    elif len(hosts) > 1 or (host is not None and not _movable(host, port)):
        yield Change("grpc_port", port.key_span, reason=HOSTS_DIFFER, manner=Manner.MANUAL)
    else:
        wishes = ground.rename(port, "grpc_listener") + ground.replace(port.value, _listener(port, host))
        yield Change("grpc_port", port.span, wishes)


def _movable(host: Setting, port: Setting) -> bool:
    """An expression may use variables of its own file."""
    return not isinstance(host.value, Expression) or host.span.file == port.span.file


def _listener(port: Setting, host: Setting | None) -> dict[str, New]:
    if isinstance(port.value, Literal) and port.value.value in (0, "0"):
        return {"mode": Atom("internal")}
    return {
        "mode": Atom("external"),
        "host": Verbatim(host.value.span) if host else "localhost",
        "bind_host": EVERY_INTERFACE,
        "port": Verbatim(port.value.span),
    }


def _back(ground: Ground) -> Iterator[Change | Blocked]:
    for setting in ground.of("grpc_listener"):
        entries = (
            {entry.name: entry.value for entry in setting.value.entries} if isinstance(setting.value, Table) else {}
        )
        mode = entries.get("mode")
        name = _name(mode)
        if isinstance(setting.value, Expression) or isinstance(mode, Expression) or name == "external_pool":
            why = (
                "a range of ports has no counterpart before 0.10.0, so that several instances could not run side by "
                "side"
                if name == "external_pool"
                else "it is decided at run time which listener this is"
            )
            yield Blocked("grpc_listener", setting.span, why)
        elif name == "external" and "port" in entries:
            yield Change("grpc_listener", setting.span, *_ports(ground, setting, entries))
        else:
            reason = "Up to 0.9.1 there is no listener of its own port: the server listens on 50051 of every interface."
            yield Change("grpc_listener", setting.span, ground.remove(setting), reason)


def _ports(ground: Ground, setting: Setting, entries: dict[str, Value]) -> tuple[tuple[Wish, ...], str]:
    port, host = entries["port"], entries.get("host")
    wishes = ground.rename(setting, "grpc_port") + ground.replace(setting.value, Verbatim(port.span))
    if host is not None:
        wishes += ground.insert(setting, "grpc_host", Verbatim(host.span))
    reason = "Up to 0.9.1 the listener is a port and the address that Python is told; it listens on every interface."
    return wishes, reason


def _name(mode: Value | None) -> str:
    if not isinstance(mode, Literal):
        return "internal"
    return (mode.value.name if isinstance(mode.value, Atom) else str(mode.value)).lower().replace("-", "_")


def _own_port(ground: Ground) -> Iterator[Change]:
    """Where the port of before was never written, and workers start."""
    lacking = ground.lacking("grpc_listener", ground.lacking("grpc_port", ground.pooling()))
    if lacking and ground.origin < Version("0.10.0"):
        yield Change("grpc_port", ground.of("pooling_enabled")[0].key_span)


RULES = (
    Rule(
        "own-port",
        "0.10.0",
        Manner.WARN,
        "the server leaves port 50051 where none is set",
        OWN_PORT,
        _own_port,
    ),
    Rule(
        "listener",
        "0.10.0",
        Manner.AUTOMATIC,
        "`grpc_port` and `grpc_host` become `grpc_listener`",
        "The server's port is a listener of mode :external since 0.10.0. `bind_host` keeps it on every interface, as "
        "it was; delete it to listen on `host` only.",
        _forward,
        WayBack.RULE,
        _back,
    ),
)
