"""What one journaled step costs in DBOS on SQLite: `python -m benchmarks.dbos_steps STEPS FILE [wal]`.

As shipped, DBOS leaves the journal mode of SQLite alone (DELETE, synchronous=FULL); `wal` sets WAL beforehand, which
is what Snakeweb's own settings use. Prints seconds a step.
"""

import sqlite3
import sys
import time
from pathlib import Path

from dbos import DBOS, DBOSConfig


def main(steps: int, path: Path, *, wal: bool) -> float:
    if wal:
        sqlite3.connect(path).execute("PRAGMA journal_mode=WAL")
    config: DBOSConfig = {
        "name": "snakeweb-benchmark",
        "system_database_url": f"sqlite:///{path}",
        "log_level": "ERROR",
    }
    DBOS(config=config)

    @DBOS.step()  # type: ignore[untyped-decorator]  # dbos is installed for `make bench` only
    def one(number: int) -> int:
        return number

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def journey(count: int) -> int:
        return sum(one(number) for number in range(count))

    DBOS.launch()
    try:
        journey(steps)  # warm
        began = time.perf_counter()
        journey(steps)
        return (time.perf_counter() - began) / steps
    finally:
        DBOS.destroy()


if __name__ == "__main__":
    print(main(int(sys.argv[1]), Path(sys.argv[2]), wal="wal" in sys.argv[3:]))
