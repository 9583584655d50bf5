"""`python -m tests.faults.zero_downtime`: run the faults, print the table. See docs/faults.md.

Exit status 1 when a fault was broken, or, with --mutants, when a guard could be taken away unnoticed.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from migrations_app.engine.guards import GUARDS
from tests.faults.zero_downtime import table
from tests.faults.zero_downtime.mutants import RED_WITHOUT, harmed
from tests.faults.zero_downtime.registry import Row, Verdict
from tests.faults.zero_downtime.sweep import ROOT, Sweep
from tests.faults.zero_downtime.titles import TITLES


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1, 10_000)
    facts = table.hardware() | {"scale": given.scale}
    say(", ".join(f"{name} {value}" for name, value in facts.items()))
    sweep = Sweep(given.directory, seed, given.scale, quick=given.quick)
    if given.mutants:
        return _mutants(sweep, _chosen(given.only, GUARDS))
    began = time.monotonic()
    rows, chosen = list[Row](), _chosen(given.only, TITLES)
    for row in sweep.run_all(chosen):
        rows.append(row)
        tell(row)
        table.write(given.directory, sorted(rows, key=lambda row: chosen.index(row.fault)), facts)
    counted = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    say(", ".join(f"{count} {verdict}" for verdict, count in counted.items()) + f" in {time.monotonic() - began:.0f} s")
    return 1 if counted[Verdict.BROKEN] else 0


def _mutants(sweep: Sweep, guards: Sequence[str]) -> int:
    survived = []
    for guard in guards:
        without = Sweep(sweep.directory / f"without-{guard}", sweep.seed, sweep.scale, sweep.quick, guards_off=guard)
        rows = []
        for fault in RED_WITHOUT[guard]:
            rows.append(without.run(fault))
            if harmed(rows[-1]):
                break
        red = bool(harmed(rows[-1]))
        survived += [] if red else [guard]
        what = f"{rows[-1].fault} turned red" if red else "NOBODY NOTICED"
        say(f"{guard:<22} {what:<18} {sum(row.seconds for row in rows):>6.1f} s  {GUARDS[guard]}")
        for problem in (harmed(rows[-1]) or list(rows[-1].problems))[:2]:
            say("     " + problem[:300].replace("\n", "\n     "))
    say(f"{len(guards) - len(survived)} of {len(guards)} guards are needed by a fault")
    return 1 if survived else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.zero_downtime", description=__doc__)
    parser.add_argument("--only", default="", help="faults (F12,F13), or guards with --mutants")
    parser.add_argument(
        "--scale", type=float, default=0.1, help="stretches durations; 1 is as the faults are described"
    )
    parser.add_argument("--seed", type=int, default=None, help="of schedules and traffic; default: any, printed")
    parser.add_argument("--quick", action="store_true", help="fewer points and pairs: what `make test` runs")
    parser.add_argument("--mutants", action="store_true", help="without each guard its fault must turn red")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "faults", help="where logs and histories go")
    return parser


def _chosen(only: str, known: Sequence[str] | object) -> list[str]:
    names = list(known)  # type: ignore[call-overload]
    chosen = [name.strip() for name in only.split(",") if name.strip()] or names
    if unknown := [name for name in chosen if name not in names]:
        raise SystemExit(f"there is no {', '.join(unknown)}; known are {', '.join(names)}")
    return [name for name in names if name in chosen]


def tell(row: Row) -> None:
    say(table.line(row))
    for problem in table.problems(row):
        say(problem)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
