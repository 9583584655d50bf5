"""A worker pool on a node that answers as Snakepit's does, and what may happen to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.beam.node import Atom
from migrations_app.pools import PoolDriver, open_pool
from migrations_app.testing.beam import BeamNode

RECYCLE = "'Elixir.Snakepit.Worker.LifecycleManager':recycle_worker(Server, Id)"


@dataclass
class FixturePool:
    node: BeamNode
    config: dict[str, Any]

    def open(self, *, read_only: bool = False) -> PoolDriver:
        return open_pool(self.config, self.node.secrets, read_only=read_only)

    def evaluate(self, text: str, **bindings: Any) -> Any:
        names = {"Server": Atom(self.config["server"]), "Pool": Atom(self.config["pool"])}
        return self.node.evaluate(text, **names, **bindings)

    def set(self, name: str, value: Any) -> None:
        self.evaluate("snakeweb_fixture_pool:set(Server, Name, Value)", Name=Atom(name), Value=value)

    def names(self) -> list[str]:
        """As the pool itself lists them."""
        listed = self.evaluate("'Elixir.Snakepit.Pool':list_workers(Server, Pool)")
        return sorted(name.decode() for name in listed)

    def execute(self, ms: int) -> None:
        """A request that takes so long; nobody waits for its end."""
        text = "Work = #{ms => Ms}, Options = [{pool, Server}, {pool_name, Pool}], "
        call = "_ = spawn(fun() -> 'Elixir.Snakepit.Pool':execute(<<\"work\">>, Work, Options) end), ok"
        self.evaluate(text + call, Ms=ms)

    def recycle_past_us(self, worker: str) -> Any:
        """As an operator does it in a shell on the node."""
        return self.evaluate(RECYCLE, Id=worker.encode())

    def stop(self) -> None:
        self.evaluate("snakeweb_fixture_pool:stop(Server)")

    def load(self, *, callers: int, most_ms: int) -> None:
        text = "snakeweb_fixture_pool:watch(Server, Pool, 1), snakeweb_fixture_pool:load(Server, Pool, Callers, Ms)"
        self.evaluate(text, Callers=callers, Ms=most_ms)

    def unload(self) -> tuple[int, Sequence[bytes], dict[int, int]]:
        """Requests answered, messages of those that failed, and how often so many workers were seen serving."""
        text = "{snakeweb_fixture_pool:unload(5000), snakeweb_fixture_pool:unwatch(5000)}"
        (done, failed), seen = self.evaluate(text)
        return done, failed, seen
