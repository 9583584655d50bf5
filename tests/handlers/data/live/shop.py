"""A shop that goes on while its tables move: places, writers as processes, and runs that stop where a test wants."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.executor import OutcomeKind
from migrations_app.engine.run_view import ParkedFor, RunView
from migrations_app.engine.vocabulary import Decision, RunState
from migrations_app.handlers.data.live import steps
from migrations_app.testing.driving import LocalRun
from tests.handlers.data.moves import Move
from tests.stores.tables.changes.places import Place, PostgresPlace
from tests.stores.tables.places import DatabasePlace

ROOT = Path(__file__).parents[4]
LIVE = {"live": "triggers", "chunk_rows": 50, "longest_write_stop_ms": 20_000}


def address(place: Place) -> dict[str, str]:
    """For a writer."""
    tables = {"items": place.items, "parts": place.parts}
    if isinstance(place, PostgresPlace):
        return {"engine": "postgres", "url": place.url, **tables}
    return {"engine": "sqlite", "path": place.config["path"], **tables}


@dataclass
class Shop:
    """`here` has the tables and rows, `there` gets them."""

    here: Place
    there: Place
    directory: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def move(self, **parameters: Any) -> Move:
        tables = [{"source": getattr(self.here, n), "target": getattr(self.there, n)} for n in ("items", "parts")]
        return Move(
            DatabasePlace(self.here.config, self.here.secrets),
            DatabasePlace(self.there.config, self.there.secrets),
            {**LIVE, "tables": tables, **self.parameters, **parameters},
            {"parallel_workers": 1},
        )

    def fill(self, rows: int) -> None:
        """Rows of nobody's, with negative ids."""
        for start in range(0, rows, 500):
            some = range(start + 1, min(rows, start + 500) + 1)
            items = ", ".join(f"({-n}, 'old {n}', 'from before')" for n in some)
            parts = ", ".join(f"({-n}, 1, NULL)" for n in some)
            self.here.run(f"INSERT INTO {{items}} VALUES {items}", f"INSERT INTO {{parts}} VALUES {parts}")  # noqa: S608

    @contextmanager
    def writers(self, count: int = 3, **given: Any) -> Iterator["Writers"]:
        made = Writers(self, count, given)
        try:
            yield made
        finally:
            made.end()


class Writers:
    def __init__(self, shop: Shop, count: int, given: Mapping[str, Any]) -> None:
        self.stop_file = shop.directory / "stop"
        self.stop_file.unlink(missing_ok=True)
        places = [address(shop.here), address(shop.there)]
        wish = {"of": count, "places": places, "stop": str(self.stop_file), "pace": 0.01, **given}
        command = [sys.executable, "-m", "tests.handlers.data.live.writers"]
        self.processes = [
            subprocess.Popen([*command, json.dumps({"number": number, **wish})], cwd=ROOT, stdout=subprocess.PIPE)
            for number in range(count)
        ]
        self.told: list[dict[str, Any]] = []

    def stop(self) -> list[dict[str, Any]]:
        """What each was answered. A writer that failed is an error."""
        if not self.told:
            self.stop_file.touch()
            answers = [process.communicate(timeout=120)[0] for process in self.processes]
            assert all(process.returncode == 0 for process in self.processes)
            self.told = [json.loads(answer) for answer in answers]
        return self.told

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def newest(self, items: Sequence[tuple[Any, ...]]) -> list[int]:
        """The greatest id of each writer among these, 0 without one."""
        count = len(self.processes)
        return [max((row[0] for row in items if row[0] % count == number), default=0) for number in range(count)]

    @property
    def writes(self) -> int:
        return sum(each["writes"] for each in self.told)

    def expected(self, table: str) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for each in self.told for row in each[table])


def held(place: Place, table: str) -> list[tuple[Any, ...]]:
    """Rows that writers own."""
    column = "id" if table == "items" else "item"
    with place.writer() as writer:
        return sorted(writer.rows(f"SELECT * FROM {{{table}}} WHERE {column} > 0"))  # noqa: S608


def everything(place: Place, table: str) -> list[tuple[Any, ...]]:
    with place.writer() as writer:
        return sorted(writer.rows(f"SELECT * FROM {{{table}}}"), key=repr)  # noqa: S608


def troubles(run: LocalRun) -> list[str]:
    """What went wrong, in its order."""
    return [str(event.payload["error"]["message"]) for event in run.memory.events if event.payload.get("error")]


def drive_to(run: LocalRun, step: str) -> RunView:
    """Until this step asks for its confirmation; every one before is given. Fails when the run ends earlier."""
    for _ in range(1000):
        outcome = run.drive()
        assert outcome.kind is not OutcomeKind.FINISHED, troubles(run)
        if outcome.reason == ParkedFor.CONFIRMATION:
            if run.view.current_step == step:
                return run.view
            run.answer(Decision.APPROVE)
        for partition in outcome.partitions:
            run.finish_partition(*partition)
        if outcome.wake_at is not None:
            run.clock.advance_to(outcome.wake_at)
    raise AssertionError(f"the run did not come to {step}")


def rolled_back(run: LocalRun, why: str) -> None:
    view = run.finish()
    assert view.state is RunState.ROLLED_BACK, troubles(run)
    assert any(why in line for line in troubles(run)), troubles(run)


def nothing_left(shop: Shop) -> None:
    for place in (shop.here, shop.there):
        assert not [name for _, name, *_ in place.objects() if name.startswith("snakeweb")]
    shop.here.run("INSERT INTO {items} VALUES (777777, 'goes on', '')")


def died(run: LocalRun, point: str) -> None:
    with armed(f"{point}:raise"), pytest.raises(Crash):
        drive_to(run, steps.RETIRE)


def finished(run: LocalRun) -> RunView:
    view = run.finish()
    assert view.state is RunState.SUCCEEDED, troubles(run)
    return view
