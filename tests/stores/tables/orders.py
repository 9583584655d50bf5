"""A table of orders in both kinds of database, with a key of two columns and values of every common kind."""

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pymysql

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Copied, Database, Mark, Rejected, Side
from migrations_app.stores.tables.moving import copy_range
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Mapped, Selection
from tests.stores.tables.places import DatabasePlace

WORKER = WorkerToken("run:7:copy:0", 3)
SCOPE = "run:7:copy:orders:0"
KEY = ("shop", "number")
COLUMNS = ("shop", "number", "amount", "placed_at", "day", "paid", "weight", "document", "content", "note")
_DDL = {
    "postgres": "CREATE TABLE orders (shop text, number bigint, amount numeric(12, 2), placed_at timestamptz, "
    "day date, paid boolean, weight double precision, document jsonb, content bytea, note text{}{})",
    "mariadb": "CREATE TABLE orders (shop varchar(100) COLLATE utf8mb4_nopad_bin, number bigint, "
    "amount decimal(12, 2), placed_at timestamp(6) NULL, day date, paid boolean, weight double, document json, "
    "content blob, note varchar(400){}{})",
    "sqlite": "CREATE TABLE orders (shop TEXT NOT NULL, number INTEGER NOT NULL, amount NUMERIC(12, 2), "
    "placed_at TIMESTAMPTZ, day DATE, paid BOOLEAN, weight REAL, document JSONB, content BLOB, note TEXT{}{})",
}
_KEY = ", PRIMARY KEY (shop, number)"


@dataclass(frozen=True)
class Orders:
    """The table in one place. `extra` is DDL of it, as a CHECK."""

    place: DatabasePlace

    @property
    def kind(self) -> str:
        return self.place.kind

    @property
    def name(self) -> str:
        return "public.orders" if self.kind == "postgres" else "orders"

    def create(self, extra: str = "", *, key: bool = True) -> None:
        self.sql(_DDL[self.kind].format(_KEY if key else "", f", {extra}" if extra else ""))

    def open(self) -> Database:
        return self.place.open()

    def fill(self, rows: Sequence[Sequence[Any]]) -> None:
        with self.connected() as connection:
            mark = "?" if self.kind == "sqlite" else "%s"
            given = rows if self.kind != "mariadb" else [_without_zone(row) for row in rows]
            connection.cursor().executemany(
                f"INSERT INTO orders VALUES ({', '.join([mark] * len(COLUMNS))})",  # noqa: S608 - our own words
                given,
            )

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def connected(self) -> Iterator[Any]:
        config = self.place.config
        if self.kind == "sqlite":
            connection: Any = sqlite3.connect(config["path"])
        elif self.kind == "mariadb":
            connection = pymysql.connect(
                unix_socket=config["host"],
                database=config["database"],
                user=config["username"],
                password=self.place.secrets["password"],
                charset="utf8mb4",
                sql_mode="STRICT_TRANS_TABLES,PIPES_AS_CONCAT,ANSI_QUOTES",
                init_command="SET time_zone = '+00:00'",
            )
        else:
            connection = psycopg.connect(
                host=config["host"],
                port=config["port"],
                dbname=config["database"],
                user=config["username"],
                password=self.place.secrets["password"],
            )
        try:
            yield connection
            connection.commit()
        finally:
            connection.close()


def _without_zone(row: Sequence[Any]) -> list[Any]:
    """MariaDB takes no zone with a time; this one is meant in UTC."""
    return [value.removesuffix("+00") if isinstance(value, str) else value for value in row]


def some_orders(count: int, *, seed: int = 1) -> list[tuple[Any, ...]]:
    """In no order; texts with everything that COPY has to escape, nulls, and numbers that need all their digits."""
    of = random.Random(seed)  # noqa: S311 - test data
    notes = ("", "a\tb", "line\nbreak\r", "back\\slash \\N", "Grüße 🙂", "\\.", None, "x" * 300, "'quoted\"")
    rows: list[tuple[Any, ...]] = [
        (
            f"shop {of.choice('aÄb')}{number % 7}",
            number,
            None if number % 11 == 0 else f"{of.randrange(-(10**9), 10**9) / 100:.2f}",
            f"20{number % 37:02d}-03-04 05:06:{number % 60:02d}.{of.randrange(10**6):06d}+00",
            f"19{number % 100:02d}-02-28",
            None if number % 5 == 0 else bool(number % 2),
            of.uniform(-1e9, 1e9),
            json.dumps({"n": number, "ä": [None, True, "\\"]}),
            of.randbytes(number % 20),
            notes[number % len(notes)],
        )
        for number in range(count)
    ]
    of.shuffle(rows)
    return rows


def selection_of(source: Database, target: Database, names: tuple[str, str], key: Sequence[str]) -> Selection:
    """Every column to the one of its name."""
    held = target.table(names[1])
    columns = tuple(Mapped(one.name, one.name, type=one.type) for one in held.columns)
    return Selection(names[0], names[1], tuple(key), columns)


@dataclass
class Move:
    """From one open database to another, with what was heard of it."""

    source: Database
    target: Database
    selection: Selection

    def __post_init__(self) -> None:
        self.marks: list[Mark] = []
        self.rejected: list[Rejected] = []

    def run(
        self,
        *,
        rows: int = 70,
        worker: WorkerToken = WORKER,
        scope: str = SCOPE,
        within: KeyRange = EVERYTHING,
        interrupt: Any = None,
    ) -> Copied:
        """`interrupt` is called after each chunk, with how many there were."""

        def after_chunk(mark: Mark, copied: Copied) -> None:
            self.marks.append(mark)
            if interrupt is not None:
                interrupt(len(self.marks))

        return copy_range(
            self.source,
            self.target,
            self.selection,
            within,
            scope=scope,
            worker=worker,
            rows=rows,
            bytes=10_000_000,
            after_chunk=after_chunk,
            quarantine=self.rejected.append,
        )

    def identical(self) -> bool:
        return self.source.digest(self.selection, EVERYTHING, side=Side.SOURCE) == self.target.digest(
            self.selection, EVERYTHING, side=Side.TARGET
        )

    def bytewise(self) -> "Move":
        return Move(self.source, self.target, replace(self.selection, bytewise=True))
