"""Two places with the same tables, and the way from one to the other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.changes.base import ChangeLog
from migrations_app.stores.tables.changes.catching_up import CatchUp
from migrations_app.stores.tables.opening import open_database
from migrations_app.stores.tables.selection import EVERYTHING, Condition, Mapped, Selection
from tests.stores.tables.changes.places import WORKER, Place


def selection(source: Database, target: Database, names: tuple[str, str], *where: Condition) -> Selection:
    """Every column to the one of its name."""
    here, there = source.catalogue([names[0]]).tables[names[0]], target.catalogue([names[1]]).tables[names[1]]
    columns = tuple(Mapped(one.name, one.name, type=one.type) for one in there.columns)
    return Selection(*names, here.keys[0].columns, columns, where)


@dataclass
class Road:
    """From `here` to `there`, with the log of `here` installed."""

    here: Place
    there: Place
    source: Database
    target: Database
    log: ChangeLog
    selections: tuple[Selection, ...]

    def catch_up(self, **given: Any) -> CatchUp:
        return CatchUp(self.source, self.target, self.log, WORKER, self.selections, **given)

    def level(self) -> bool:
        """By digests on both sides."""
        return all(
            self.source.digest(each, EVERYTHING, side=Side.SOURCE)
            == self.target.digest(each, EVERYTHING, side=Side.TARGET)
            for each in self.selections
        )

    def rows_there(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        with self.there.writer() as writer:
            return sorted(writer.rows(f"SELECT {columns} FROM {{{table}}}"))  # noqa: S608 - our own words


@contextmanager
def road(here: Place, there: Place, *where: Condition) -> Iterator[Road]:
    """`where` holds for items alone."""
    with ExitStack() as stack:
        source = stack.enter_context(open_database(here.config, here.secrets, read_only=True))
        target = stack.enter_context(open_database(there.config, there.secrets))
        target.raise_worker_fence(WORKER)
        log = stack.enter_context(here.installed())
        ways = (
            selection(source, target, (here.items, there.items), *where),
            selection(source, target, (here.parts, there.parts)),
        )
        yield Road(here, there, source, target, log, ways)
