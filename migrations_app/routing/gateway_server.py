"""`snakeweb-gateway gateway.json`: the gateway in a server process of its own.

The file is a router's configuration (`routing/configuration.py`) with a `gateway` part beside it:
`{"gateway": {"host": "127.0.0.1", "port": 8440, "threads": 16, "body_limit": 1048576}, "route": ..., "stores": ...}`.
`threads` read, as many again write, and `write_queue` more writes may wait for one of them.
The callers' token comes from the environment, SNAKEWEB_GATEWAY_TOKEN. The server is daphne (extra `gateway`); any other
ASGI server can serve `migrations_app.routing.gateway_server:application` with SNAKEWEB_GATEWAY_CONFIG naming the file.
"""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse
from migrations_app.routing.async_router import WRITE_QUEUE, AsyncSessionRouter
from migrations_app.routing.configuration import router_from
from migrations_app.routing.environment import variable, with_variable
from migrations_app.routing.gateway import BODY_LIMIT, Gateway
from migrations_app.routing.gateway_http import Receive, Scope, Send

TOKEN = "SNAKEWEB_GATEWAY_TOKEN"  # noqa: S105 - the variable's name
CONFIG = "SNAKEWEB_GATEWAY_CONFIG"
SERVER = "daphne"
APPLICATION = "migrations_app.routing.gateway_server:application"
USAGE = f"usage: snakeweb-gateway FILE\n\nFILE: JSON with route, stores, secrets. {TOKEN}: the callers' bearer token.\n"
FIELDS = (
    Field("host", FieldKind.TEXT, "Host", default="127.0.0.1", max_length=253),
    Field("port", FieldKind.INTEGER, "Port", default=8440, minimum=1, maximum=65535),
    Field("threads", FieldKind.INTEGER, "Threads", default=16, minimum=1, maximum=512),
    Field("write_queue", FieldKind.INTEGER, "Waiting writes", default=WRITE_QUEUE, minimum=0, maximum=1_000_000),
    Field("body_limit", FieldKind.INTEGER, "Largest value", default=BODY_LIMIT, minimum=1, unit="bytes"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check everything, then become the server. Returns only when that was not possible: exit status 2."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    if len(words) != 1:
        return _refused(USAGE)
    try:
        document = read(Path(words[0]))
        gateway_from(document)
    except ValidationFailed as error:
        lines = [f"{problem.field}: {problem.message} {problem.fix}" for problem in error.problems]
        return _refused("\n".join([error.message, *lines]))
    if importlib.util.find_spec(SERVER) is None:
        return _refused("The server is not installed: pip install 'snakeweb[gateway]'.")
    return _become_server(Path(words[0]), settings(document))


def _become_server(path: Path, values: Mapping[str, Any]) -> NoReturn:
    # No access log: the paths that it would keep hold session ids.
    command = [sys.executable, "-m", SERVER, "-v", "0", "-b", values["host"], "-p", str(values["port"]), APPLICATION]
    sys.stdout.flush()
    os.execve(sys.executable, command, with_variable(CONFIG, str(path.resolve())))  # noqa: S606


def read(path: Path) -> Mapping[str, Any]:
    """Raises ValidationFailed for a file that is no JSON mapping."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        problem = Problem(path.name, f"It cannot be read: {type(error).__name__}.", "Give a JSON file.", "unreadable")
        raise ValidationFailed("The gateway has no configuration.", problems=[problem]) from None
    if not isinstance(document, Mapping):
        problem = Problem(path.name, "It holds no mapping.", "Begin it with {.", "unreadable")
        raise ValidationFailed("The gateway has no configuration.", problems=[problem])
    return document


def settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """The `gateway` part. Raises ValidationFailed."""
    part = document.get("gateway", {})
    if not isinstance(part, Mapping):
        part = {"gateway": part}
    values, problems = parse(FIELDS, part, path="gateway")
    if problems:
        raise ValidationFailed("The gateway's configuration is not usable.", problems=problems)
    return values


def gateway_from(document: Mapping[str, Any]) -> Gateway:
    """Connects to nothing yet. Raises ValidationFailed."""
    values = settings(document)
    token = variable(TOKEN)
    if not token:
        problem = Problem(TOKEN, "The environment variable is not set.", "Set it to the callers' token.", "required")
        raise ValidationFailed("The gateway would be open to everybody.", problems=[problem])
    router = router_from({name: part for name, part in document.items() if name != "gateway"})
    pooled = AsyncSessionRouter(router, threads=values["threads"], write_queue=values["write_queue"])
    return Gateway(pooled, token, body_limit=values["body_limit"])


class Application:
    """The gateway of the file that SNAKEWEB_GATEWAY_CONFIG names, made at the first request: imports start nothing."""

    def __init__(self) -> None:
        self._gateway: Gateway | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._gateway is None:
            document = await asyncio.to_thread(read, Path(variable(CONFIG) or ""))
            if self._gateway is None:
                self._gateway = gateway_from(document)
        await self._gateway(scope, receive, send)


application = Application()


def _refused(message: str) -> int:
    sys.stderr.write(message.rstrip() + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
