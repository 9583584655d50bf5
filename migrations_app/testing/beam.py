"""A real Erlang VM for tests and demos, with a session store and worker pools that answer as Snakepit's own do.

It needs `erl` on PATH (Debian: `erlang-base`). The node has a port mapper of its own, and both listen on loopback only.
"""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_app.beam.distribution import NodeAddress
from migrations_app.beam.node import ANSWER_SECONDS, Atom, Node
from migrations_app.engine.errors import MigrationError
from migrations_app.testing.processes import LocalServer, ServerNotStarted, find_program, free_port, run_program

SOURCES = Path(__file__).parent / "erlang"
COOKIE = "snakeweb-fixture"
POOL_SERVER = "Elixir.Snakepit.Pool"


def has_erlang() -> bool:
    return shutil.which("erl") is not None and shutil.which("erlc") is not None


class BeamNode(LocalServer):
    """A node `name@127.0.0.1`. `options` are those of the store, as Erlang text: `{"max_sessions": "infinity"}`.

    Nodes may share `objects`, the directory of the compiled fixture. With `tls` (PEM files `certificate`, `key` and
    `authority`) its distribution is encrypted, and it asks its peers for a certificate too.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        name: str = "snakepit",
        options: Mapping[str, str] | None = None,
        objects: Path | None = None,
        tls: Mapping[str, Path] | None = None,
    ) -> None:
        super().__init__(directory)
        self._tls = {part: str(path) for part, path in (tls or {}).items()}
        self._objects = objects or self.directory
        self.name = f"{name}@{self.host}"
        self.epmd_port = free_port()
        self._options = dict(options or {})
        self._mapper: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> NodeAddress:
        files = [self._tls.get(part, "") for part in ("certificate", "key", "authority")]
        return NodeAddress(self.name, self.epmd_port, 0, *files)

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": COOKIE}

    def config(self, **values: Any) -> dict[str, Any]:
        """Configuration of a session-store target on this node."""
        return {"store": "beam", "node": self.name, "epmd_port": self.epmd_port, **self._tls, **values}

    def start_pool(
        self,
        *,
        server: str = POOL_SERVER,
        pools: Mapping[str, int] | None = None,
        refill_ms: int = 1000,
        **settings: Any,
    ) -> dict[str, Any]:
        """Start a pool server with workers; the configuration of a worker-pool target on its first pool.

        `refill_ms`: how often it starts workers that it lacks, 0 for never; one for the whole node. `settings`: see
        `snakeweb_fixture_pool.erl`.
        """
        sizes = dict(pools or {"default": 8})
        self.evaluate(
            "application:set_env(snakepit, pool_reconcile_interval_ms, Refill), "
            "snakeweb_fixture_pool:start([{name, Server}, {pools, Pools}], Settings)",
            Refill=refill_ms,
            Server=Atom(server),
            Pools=[(Atom(name), size) for name, size in sizes.items()],
            Settings=[(Atom(name), value) for name, value in settings.items()],
        )
        return self.pool_config(server=server, pool=next(iter(sizes)))

    def pool_config(self, **values: Any) -> dict[str, Any]:
        return {"driver": "beam", "node": self.name, "epmd_port": self.epmd_port, **self._tls, **values}

    def evaluate(self, text: str, *, seconds: float = ANSWER_SECONDS, **bindings: Any) -> Any:
        """By a connection of its own, as an application on the node would do it."""
        with Node(self.address, COOKIE) as node:
            return node.evaluate(text, seconds=seconds, **bindings)

    def _prepare(self) -> None:
        if not has_erlang():
            raise ServerNotStarted("erl was not found. Install Erlang (Debian: apt install erlang-base).")
        if not list(self._objects.glob("*.beam")):
            self._objects.mkdir(parents=True, exist_ok=True)
            sources = [str(source) for source in sorted(SOURCES.glob("*.erl"))]
            run_program([find_program("erlc", []), "-o", str(self._objects), *sources])
        if self._tls:
            parts = {"certfile": "certificate", "keyfile": "key", "cacertfile": "authority"}
            files = ", ".join(f'{{{name}, "{self._tls[part]}"}}' for name, part in parts.items())
            sides = f"[{files}, {{verify, verify_peer}}, {{fail_if_no_peer_cert, true}}]"
            client = f"[{files}, {{verify, verify_peer}}]"
            (self.directory / "tls.conf").write_text(f"[{{server, {sides}}}, {{client, {client}}}].\n")
        if self._mapper is None or self._mapper.poll() is not None:
            mapper = shutil.which("epmd") or "epmd"
            command = [*self._bound(), mapper, "-port", str(self.epmd_port), "-address", self.host]
            self._mapper = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )

    def _command(self) -> Sequence[str]:
        options = ", ".join(f"{{{name}, {value}}}" for name, value in self._options.items())
        start = f"{{ok, _}} = 'Elixir.Snakepit.Bridge.SessionStore':start_link([{options}])."
        environment = ["env", f"ERL_EPMD_PORT={self.epmd_port}", f"HOME={self.directory}"]
        loopback = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"]
        identity = ["-name", self.name, "-setcookie", COOKIE, "-start_epmd", "false"]
        if self._tls:
            identity += ["-proto_dist", "inet_tls", "-ssl_dist_optfile", str(self.directory / "tls.conf")]
        program = ["erl", "-noinput", "+sbwt", "none", *identity, *loopback, "-pa", str(self._objects)]
        return [*self._bound(), *environment, *program, "-eval", start]

    def _ready(self) -> bool:
        with contextlib.suppress(MigrationError):
            return bool(self.evaluate("whereis('Elixir.Snakepit.Bridge.SessionStore') =/= undefined"))
        return False

    @property
    def _pid_file(self) -> Path:
        return self.directory / "erl.pid"

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def _clean_up(self) -> None:
        mapper, self._mapper = self._mapper, None
        if mapper is not None:
            mapper.kill()
            mapper.wait()
