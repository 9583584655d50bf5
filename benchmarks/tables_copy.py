"""One move of the table `entries`: `python -m benchmarks.tables_copy description.json` prints what it took.

`description.json` holds [source, target], each {"config", "secrets"}. In a process of its own its memory is its own.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Copied, Database, Mark
from migrations_app.stores.tables.moving import copy_range
from migrations_app.stores.tables.opening import open_database
from migrations_app.stores.tables.selection import EVERYTHING, Mapped, Selection

WORKER = WorkerToken("run:1:copy:0", 1)
CHUNK_ROWS = 20_000
CHUNK_BYTES = 64 * 2**20


def copy(source: Mapping[str, Any], target: Mapping[str, Any]) -> Copied:
    """A move of everything, as if there had been none before."""
    with open_pair(source, target) as (one, other):
        other.raise_worker_fence(WORKER)
        other.forget("run:1:copy:entries:", WORKER)
        return copy_range(
            one,
            other,
            whole_selection(one, other),
            EVERYTHING,
            scope="run:1:copy:entries:0",
            worker=WORKER,
            rows=CHUNK_ROWS,
            bytes=CHUNK_BYTES,
            after_chunk=_nothing,
            quarantine=_nothing,
        )


@contextmanager
def open_pair(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[tuple[Database, Database]]:
    with open_database(**source, read_only=True) as one, open_database(**target) as other:
        yield one, other


def whole_selection(source: Database, target: Database) -> Selection:
    names = ["public.entries" if one.kind == "postgres" else "entries" for one in (source, target)]
    columns = tuple(Mapped(one.name, one.name, type=one.type) for one in target.table(names[1]).columns)
    return Selection(names[0], names[1], ("id",), columns)


def resident(name: str) -> float:
    """MB of this process: `VmRSS` now, `VmHWM` the highest so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _nothing(*_: Mark | Copied | object) -> None:
    return None


def main(description: list[dict[str, Any]]) -> dict[str, Any]:
    with open_pair(*description) as (one, other):
        whole_selection(one, other)
        other.raise_worker_fence(WORKER)
    before, began = resident("VmRSS"), time.perf_counter()
    copied = copy(*description)
    return {
        "rows": copied.rows,
        "seconds": time.perf_counter() - began,
        "growth_mb": resident("VmHWM") - before,
    }


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
