"""The gate of `make test`: every test on SQLite, the `db_semantics` ones on PostgreSQL too, coverage and skips.

A room is covered by the tests of its own room. The others run without being measured, which takes a third less time.

Run it with `python -m tests.gate [pytest arguments]`. Ends with the one line that says what was counted; the exit
status is 0 only when nothing failed, no skip is unexplained, and the rooms below are covered.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "test"
ALLOWED_SKIPS = ROOT / "tests" / "allowed_skips.txt"
ROOMS = ("engine", "stores", "handlers", "services", "runtime")
LEAST_COVERED = 90.0  # percent of lines and branches together, per room


@dataclass(frozen=True, slots=True)
class Pass:
    """One run of pytest over some tests."""

    name: str
    workers: int
    arguments: tuple[str, ...]
    surroundings: Mapping[str, str] = field(default_factory=dict)


# Hypothesis tries the same cases each time: a gate that is red by chance stops whoever changed something else. Other
# cases are tried by whoever runs the tests without it.
ALWAYS_THE_SAME = "--hypothesis-profile=ci"
MEASURED = ("--cov", "--cov-report=")
TESTS_OF_ROOMS = tuple(f"tests/{room}" for room in ROOMS)
# For two cores. Tests wait for servers, processes and deadlines half of their time; more workers put that to use.
# Which of them takes what is up to tests/scheduling.py, whenever there are several.
PASSES = (
    Pass("rooms", 3, (*MEASURED, *TESTS_OF_ROOMS)),
    Pass("doors", 3, ("tests", *(f"--ignore={tests}" for tests in TESTS_OF_ROOMS))),
    Pass("postgres", 3, ("-m", "db_semantics"), {"SNAKEWEB_TEST_DATABASE": "postgres"}),
)


@dataclass(frozen=True, slots=True)
class Report:
    passed: int
    failed: int
    skips: tuple[tuple[str, str], ...]  # (test id, reason)


def main(arguments: Sequence[str]) -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    started = time.monotonic()
    complaints: list[str] = []
    passed = failed = skipped = 0
    allowed = read_allowed_skips(ALLOWED_SKIPS.read_text())
    for one in PASSES:
        status = run_pytest(one, arguments)
        report = read_report(OUT / f"{one.name}.xml")
        passed, failed, skipped = passed + report.passed, failed + report.failed, skipped + len(report.skips)
        say(f"{one.name}: {report.passed} passed, {report.failed} failed, {len(report.skips)} skipped")
        if status != 0:
            complaints.append(f"pytest ended with status {status} in the {one.name} pass")
        complaints += unexplained_skips(report.skips, allowed)
    complaints += coverage_complaints(measure_coverage())
    for complaint in complaints:
        say(f"GATE: {complaint}")
    say(f"took {time.monotonic() - started:.0f} s")
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if complaints else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run_pytest(one: Pass, arguments: Sequence[str]) -> int:
    say(f"== {one.name} ==")
    surroundings = {
        **os.environ,
        "SNAKEWEB_STATE": str(OUT / f"state-{one.name}"),
        "COVERAGE_FILE": str(OUT / f".coverage.{one.name}"),
        **one.surroundings,
    }
    command = [sys.executable, "-m", "pytest", "-n", str(one.workers), "-q", ALWAYS_THE_SAME]
    command += [*one.arguments, f"--junitxml={OUT / one.name}.xml", *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, check=False).returncode


def read_report(path: Path) -> Report:
    """Counts of a JUnit file. A missing file (pytest never started) counts as one failure."""
    if not path.exists():
        return Report(0, 1, ())
    passed = failed = 0
    skips: list[tuple[str, str]] = []
    for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314 - our own file, written a moment ago
        name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name', '')}"
        skip = case.find("skipped")
        if skip is not None:
            skips.append((name, skip.get("message", "")))
        elif case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        else:
            passed += 1
    return Report(passed, failed, tuple(skips))


def read_allowed_skips(text: str) -> list[tuple[str, str]]:
    """Lines `file or folder of tests :: part of the reason`; `#` starts a comment.

    Raises ValueError for a line that could never hold: without a reason, or of a place where no tests are.
    """
    entries = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            place, _, reason = (part.strip() for part in line.partition(" :: "))
            if not place or not reason or not (ROOT / place).exists():
                raise ValueError(
                    f"tests/allowed_skips.txt has a line of no use: “{line}”. Write a file or a folder :: why."
                )
            entries.append((place, reason))
    return entries


def unexplained_skips(skips: Sequence[tuple[str, str]], allowed: Sequence[tuple[str, str]]) -> Iterator[str]:
    for test, reason in skips:
        if not any(_lies_in(test, place) and why in reason for place, why in allowed):
            yield f"{test} was skipped ({reason}); tests/allowed_skips.txt does not list it with that reason"


def _lies_in(test: str, place: str) -> bool:
    """Whether a test of `read_report` is of this file or folder. There a class is one more part of the path."""
    here = place.removesuffix(".py").rstrip("/")
    return test.startswith((f"{here}/", f"{here}::"))


def measure_coverage() -> Mapping[str, Any]:
    """Coverage of all processes together, in the form of `coverage json`."""
    files = [str(path) for path in sorted(OUT.glob(".coverage.*")) if _was_written(path)]
    target = OUT / "coverage.json"
    surroundings = {**os.environ, "COVERAGE_FILE": str(OUT / "coverage.data")}
    for command in (["combine", "--keep", "-q", *files], ["json", "-q", "-o", str(target)]):
        ended = subprocess.run([sys.executable, "-m", "coverage", *command], cwd=ROOT, env=surroundings, check=False)
        if ended.returncode != 0:
            return {"files": {}}
    measured: dict[str, Any] = json.loads(target.read_text())
    return measured


def _was_written(path: Path) -> bool:
    """Whether this is a measurement. A process that is killed while it writes its own leaves a file without any."""
    measurement = coverage.CoverageData(str(path))
    try:
        measurement.read()
    except coverage.exceptions.DataError:
        return False
    finally:
        measurement.close()
    return True


def coverage_complaints(measured: Mapping[str, Any]) -> Iterator[str]:
    for room in ROOMS:
        percent = room_percent(measured["files"], f"migrations_app/{room}/")
        say(f"coverage of {room}: {percent:.1f} %")
        if percent < LEAST_COVERED:
            yield f"{room} is covered to {percent:.1f} %, {LEAST_COVERED:.0f} % are wanted"


def room_percent(files: Mapping[str, Any], prefix: str) -> float:
    """Lines and branches that ran, of all, in percent; 0 when nothing was measured."""
    covered = total = 0
    for path, entry in files.items():
        if path.startswith(prefix):
            summary = entry["summary"]
            covered += summary["covered_lines"] + summary.get("covered_branches", 0)
            total += summary["num_statements"] + summary.get("num_branches", 0)
    return 100.0 * covered / total if total else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
