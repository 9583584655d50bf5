"""The audit trail at its full size: `python -m benchmarks.audit --rows 1000000`.

How long the chain takes to verify and to seal, and what a page of the browser takes: the first one, one deep in the
trail, each filter, each facet. The trail is made once in a database of its own under build/audit, and kept: SQLite, or
a private PostgreSQL with `--postgres`.
Goals: 1,000,000 entries verify in under 30 s; a page takes less than 100 ms in the middle.
"""

import argparse
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from migrations_app.testing.servers import PostgresServer

KEPT = Path("build/audit")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="entries of the trail (1,000,000)")
    parser.add_argument("--rounds", type=int, default=20, help="calls of each page (20)")
    parser.add_argument("--postgres", action="store_true", help="in a private PostgreSQL, not in SQLite")
    given = parser.parse_args()
    report(given.rows, given.rounds, postgres=given.postgres)


def report(rows: int, rounds: int, *, postgres: bool) -> None:
    state = (KEPT / f"{rows}{'-postgres' if postgres else ''}").resolve()
    state.mkdir(parents=True, exist_ok=True)
    surroundings = os.environ | {"SNAKEWEB_STATE": str(state), "DJANGO_SETTINGS_MODULE": "snakeweb.settings"}
    with ExitStack() as stack:
        if postgres:
            surroundings["SNAKEWEB_DATABASE_URL"] = stack.enter_context(PostgresServer(state / "server")).url
        for module in (["django", "migrate", "-v", "0"], ["benchmarks.audit_timing", str(rows), str(rounds)]):
            subprocess.run([sys.executable, "-m", *module], env=surroundings, check=True)


if __name__ == "__main__":
    main()
