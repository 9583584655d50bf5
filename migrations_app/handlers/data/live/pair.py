"""Both databases with their change logs, as the live steps need them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from migrations_app.engine.errors import InsufficientResources, StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.parameters import QUARANTINE, SOURCE, TARGET
from migrations_app.handlers.data.rejected import Quarantine
from migrations_app.handlers.data.sides import reading, writing
from migrations_app.stores.tables.base import Database, Rejected
from migrations_app.stores.tables.changes.base import ChangeLog, Patience, Watched, watched
from migrations_app.stores.tables.changes.catching_up import CatchUp
from migrations_app.stores.tables.changes.opening import open_change_log
from migrations_app.stores.tables.changes.reversing import back
from migrations_app.stores.tables.selection import Selection

LOCK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Pair:
    """`there` and `again`: the selections of the way there and of the way back, in the order of foreign keys.

    `log` is the source's change log, `back` the target's.
    """

    source: Database
    target: Database
    log: ChangeLog
    back: ChangeLog
    there: tuple[Selection, ...]
    again: tuple[Selection, ...]
    worker: WorkerToken
    alive: Callable[[], None]
    quarantine: Callable[[Rejected], None] | None = None

    def catch_up(self) -> CatchUp:
        return CatchUp(self.source, self.target, self.log, self.worker, self.there, self.alive, self.quarantine)

    def catch_up_back(self) -> CatchUp:
        return CatchUp(self.target, self.source, self.back, self.worker, self.again, self.alive)

    def patience(self) -> Patience:
        return Patience(seconds=LOCK_SECONDS, alive=self.alive)


@contextmanager
def opened(ctx: ActionContext, *, backwards: bool = False) -> Iterator[Pair]:
    """`backwards`: the source is written to as well."""
    there = load(ctx).selections
    with ExitStack() as stack:
        source = stack.enter_context(writing(ctx, SOURCE) if backwards else reading(ctx.targets[SOURCE]))
        target = stack.enter_context(writing(ctx, TARGET))
        tables = source.catalogue([each.source for each in there]).tables
        again = tuple(back(each, tables[each.source]) for each in there if each.source in tables)
        log, other = (stack.enter_context(change_log(ctx, role)) for role in (SOURCE, TARGET))
        aside = _put_aside(ctx, there) if ctx.parameters["on_reject"] == QUARANTINE else None
        yield Pair(source, target, log, other, there, again, ctx.worker, ctx.progress.alive, aside)


def _put_aside(ctx: ActionContext, selections: tuple[Selection, ...]) -> Callable[[Rejected], None]:
    names = {each.source: each.target for each in selections}
    place = Quarantine(ctx)

    def put_aside(row: Rejected) -> None:
        place.put_aside(replace(row, table=names[row.table]))

    return put_aside


def change_log(ctx: ActionContext, role: str, *, read_only: bool = False) -> ChangeLog:
    target = ctx.targets[role]
    return open_change_log(target.config, target.secrets, run=ctx.effect_run_id, read_only=read_only)


def watched_of(database: Database, selections: tuple[Selection, ...]) -> list[Watched]:
    tables = database.catalogue([each.source for each in selections]).tables
    return [watched(each, tables[each.source]) for each in selections]


def require_whole(log: ChangeLog, name: str) -> None:
    """Raises StepFailed when a change may have gone unnoticed."""
    damage = log.damage()
    if damage:
        raise StepFailed(
            f"The change log of “{name}” is not whole any more: {' '.join(damage)} A change may have gone unnoticed, "
            "so what was copied cannot be trusted. Writes go on where they were.",
            details={"damage": list(damage)},
            recovery_actions=("Leave the tables and triggers as they are while a migration runs, and plan it again.",),
        )


def require_room(log: ChangeLog, name: str, most_bytes: int) -> None:
    """Raises InsufficientResources when the log is larger than it may be, after what can be left out was."""
    if log.pending().bytes <= most_bytes:
        return
    log.compact()
    waiting = log.pending()
    if waiting.bytes > most_bytes:
        raise InsufficientResources(
            f"The change log of “{name}” takes {waiting.bytes:,} bytes for {waiting.changes:,} changes, and may take "
            f"{most_bytes:,}. The run ends here, which removes it; writes go on.",
            recovery_actions=("Raise “Largest change log”, or copy at a quieter time.",),
        )
