"""`python -m tests.model`: search every row, print the table; exit status 1 when a row is not as expected."""

import argparse
import sys

from tests.model import ttl
from tests.model.ablations import ABLATIONS, BASELINES, COVERED, LARGER, Row
from tests.model.search import explore


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--large", action="store_true", help="also the larger bounds (many minutes)")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    asked = parser.parse_args()
    parts = [
        ("As built", BASELINES),
        ("As built, larger bounds", LARGER if asked.large else ()),
        ("Covered by other safeguards", COVERED),
        ("Without", ABLATIONS),
    ]
    wrong = 0
    for title, rows in parts:
        print(f"\n{title}")  # noqa: T201
        wrong += sum(not _shown(row) for row in rows if asked.only in row.name)
    print("\nDeadlines")  # noqa: T201
    for ttl_row in ttl.ROWS:
        if asked.only in ttl_row.name:
            wrong += not _deadlines_shown(ttl_row)
    return 1 if wrong else 0


def _shown(row: Row) -> bool:
    result = explore(row.config, 20_000_000)
    as_expected = result.complete and bool(result.broken) == bool(row.expected)
    as_expected &= result.broken.startswith(row.expected)
    verdict = f"VIOLATED in {len(result.trace)} steps" if result.broken else "OK" if result.complete else "LIMIT"
    figures = f"{result.states:,} states, {result.seconds:.1f} s"
    if result.holds:
        figures += f"; DUAL_B {result.served:,}, back {result.back:,}, retired {result.retired:,}"
    print(f"{'' if as_expected else 'UNEXPECTED '}{verdict:22} {row.name}: {figures}")  # noqa: T201
    if result.broken:
        print(f"{'':10}{result.broken}\n{'':10}{result.steps()}")  # noqa: T201
    sys.stdout.flush()
    return as_expected


def _deadlines_shown(row: ttl.Row) -> bool:
    result = ttl.explore(row.config)
    as_expected = result.broken.startswith(row.expected) and bool(result.broken) == bool(row.expected)
    verdict = f"VIOLATED in {len(result.trace)} steps" if result.broken else "OK"
    print(f"{'' if as_expected else 'UNEXPECTED '}{verdict:22} {row.name}: {result.states:,} states")  # noqa: T201
    if result.broken:
        print(f"{'':10}{result.broken}\n{'':10}{' | '.join(result.trace)}")  # noqa: T201
    return as_expected


if __name__ == "__main__":
    sys.exit(main())
