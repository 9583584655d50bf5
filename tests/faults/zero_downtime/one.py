"""One fault in this process: `python -m tests.faults.zero_downtime.one F12 --directory DIR`. Prints its row as JSON.

The surroundings (control database, state directory) are this process's environment variables; see `sweep`.
"""

import argparse
import importlib
import json
import logging
import signal
import sys
import time
import traceback
from pathlib import Path

import django

from tests.faults.zero_downtime.registry import SCENARIOS, Row, Verdict
from tests.faults.zero_downtime.rig import Rig


def run(number: str, rig: Rig) -> Row:
    """Never raises for what the scenario raises: that is a broken row with the traceback."""
    began = time.monotonic()
    try:
        SCENARIOS[number](rig)
    except Exception:  # noqa: BLE001 - it goes into the row
        rig.expect(False, traceback.format_exc(limit=-12))
    verdict = Verdict.BROKEN if rig.problems else Verdict.HELD
    return Row(number, verdict, rig.seed, round(time.monotonic() - began, 1), rig.counts, tuple(rig.problems))


def _leave(*_: object) -> None:
    """End through every context, so that no process and no server is left behind."""
    raise SystemExit(143)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("fault")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    django.setup()
    logging.disable(logging.WARNING)
    importlib.import_module("tests.faults.zero_downtime.scenarios")
    rig = Rig(given.fault, given.directory, seed=given.seed, scale=given.scale, quick=given.quick)
    row = run(given.fault, rig)
    sys.stdout.write(json.dumps(row.as_dict()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
