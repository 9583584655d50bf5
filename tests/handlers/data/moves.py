"""Data migrations between real databases, and runs over them."""

import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.handler import ActionContext, Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.planner import create_plan
from migrations_app.engine.vocabulary import MigrationType, RunKind, TargetKind
from migrations_app.handlers.data.actions.prepare import Prepare
from migrations_app.handlers.data.handler import DataMigration
from migrations_app.handlers.data.parameters import PARAMETERS, SOURCE, TARGET
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.memory import ManualClock, MemoryArtifacts
from tests.handlers.data.contexts import context
from tests.stores.tables.places import DatabasePlace, sqlite_place

SHOP = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, boss INTEGER REFERENCES people (id));
CREATE TABLE orders (person INTEGER NOT NULL REFERENCES people (id), number INTEGER NOT NULL, note TEXT, total DECIMAL,
                     PRIMARY KEY (person, number));
CREATE INDEX orders_note ON orders (note);
CREATE TABLE notes (text TEXT);
"""
PEOPLE = 60


def shop(path: Path, *, people: int = PEOPLE, schema: str = SHOP, filled: bool = True) -> DatabasePlace:
    """Three tables: one that refers to itself, one with a key of two columns, one without a key."""
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(schema)
        if filled:
            names = [(n, f"Zoë {n}", n // 2 if n > 1 else None) for n in range(1, people + 1)]
            connection.executemany("INSERT INTO people VALUES (?, ?, ?)", names)
            orders = [(n, k, "für später" if k else None, f"{n}.{k}0") for n in range(1, people + 1) for k in range(2)]
            connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", orders)
            connection.executemany("INSERT INTO notes VALUES (?)", [(f"note {n % 7}",) for n in range(20)])
    return sqlite_place(path)


@dataclass
class Move:
    """What is to be moved from where to where. `small` chunks, so that there are several."""

    source: DatabasePlace
    target: DatabasePlace
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=ManualClock)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    handler: DataMigration = field(default_factory=DataMigration)

    def without_notes(self) -> "Move":
        """What has no key cannot be backed up, so the target does not hold any of it."""
        change(self.target, "DELETE FROM notes")
        return self

    @property
    def spec(self) -> Spec:
        wanted = {"chunk_rows": 25, **self.parameters}
        options = {"parallel_workers": 2, **self.options}
        return Spec(
            type=MigrationType.DATA,
            handler="data",
            environment="staging",
            protected=False,
            targets={
                SOURCE: Target(1, "old-shop", TargetKind.DATABASE, "staging", self.source.config, self.source.secrets),
                TARGET: Target(2, "new-shop", TargetKind.DATABASE, "staging", self.target.config, self.target.secrets),
            },
            parameters=parse(PARAMETERS, wanted, path="parameters")[0],
            options=engine_options.effective(options, {})[0],
        )

    def plan(self) -> Plan:
        return create_plan(self.spec, self.handler).plan

    def begin(
        self,
        kind: RunKind = RunKind.APPLY,
        *,
        run_id: int = 1,
        plan: Plan | None = None,
        undoes: LocalRun | None = None,
        on_append: Callable[[Any], None] | None = None,
    ) -> LocalRun:
        planned = undoes.plan if undoes else plan or self.plan()
        run = LocalRun(
            self.handler,
            planned,
            self.spec.targets,
            kind=kind,
            run_id=run_id,
            undoes=undoes,
            clock=self.clock,
            artifacts=self.artifacts,
        )
        run.memory.on_append = on_append
        return run

    def context(self, step: str = "prepare", *, plan: Plan | None = None, **changes: Any) -> ActionContext:
        """Of one step, outside a run, after the first step kept what the others go by."""
        planned = plan or self.plan()
        found = next(each for each in planned.steps if each.id == step)
        ctx = context(self.spec, step=found, artifacts=self.artifacts, run_id=1, **changes)
        if step != "prepare" and not list(self.artifacts.keys("")):
            Prepare().do(replace(ctx, step=planned.step("prepare"), partition=0, partitions=1))
        return ctx


def rows_of(place: DatabasePlace, table: str) -> list[tuple[Any, ...]]:
    """Everything in a table of a SQLite file, in an order of its own."""
    with contextlib.closing(sqlite3.connect(place.config["path"])) as connection:
        return sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)  # noqa: S608


def everything(place: DatabasePlace) -> dict[str, Any]:
    """Schema and rows of a SQLite file; what Snakeweb keeps beside them is left out."""
    path = Path(place.config["path"])
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {"schema": sorted(made), **{name: rows_of(place, name) for name in sorted(tables)}}


def change(place: DatabasePlace, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(place.config["path"])) as connection, connection:
        for statement in statements:
            connection.execute(statement)
