"""`python -m benchmarks.hand_over`: whole migrations between stores under eight clients, and what the clients saw.

Each trial is a process with a control plane of its own. Its raw histories and logs stay under `build/hand_over`.
"""

import argparse
import importlib
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.sweep import ROOT, Sweep

PAIRS = ("redis:postgres", "postgres:redis", "redis:redis", "sqlite:postgres")
MUST_BE_ZERO = ("failed_requests", "lost", "resurrected", "missing", "expired_visible")
GOAL_PAUSE_MS, GOAL_ADDED_MS = 250, 2


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hand_over", description=__doc__)
    parser.add_argument("pairs", nargs="*", default=PAIRS, help=f"source:target ({' '.join(PAIRS)})")
    parser.add_argument("--sessions", type=int, default=200_000, help="of which clients use a fifth (200,000)")
    parser.add_argument("--writes", type=int, default=60_000, help="acknowledged before the way back (60,000)")
    parser.add_argument("--pause-target-ms", type=int, default=250, help="of the plan; its quarter is gate G3's (250)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "hand_over")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        say(json.dumps(in_this_process(given)))
        return 0
    say(f"{os.cpu_count()} cores, everything on this machine, {given.sessions:,} sessions, 8 clients")
    return max(report(given, pair) for pair in given.pairs)


def in_this_process(given: argparse.Namespace) -> dict[str, Any]:
    """One trial, in surroundings that are its own."""
    django.setup()
    logging.disable(logging.WARNING)
    trial = importlib.import_module("benchmarks.trial")  # its models need the set-up before
    rig = Rig("F0", given.directory, seed=given.seed, scale=1.0)
    source, target = given.pairs[0].split(":")
    figures: dict[str, Any] = trial.play(
        rig,
        source,
        target,
        sessions=given.sessions,
        writes=given.writes,
        pause_target_ms=given.pause_target_ms,
    )
    return figures | {"problems": rig.problems}


def report(given: argparse.Namespace, pair: str) -> int:
    """Play it in a process of its own and print its figures; 1 when something was lost, refused or wrong."""
    place = given.directory / pair.replace(":", "-")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    sweep = Sweep(given.directory, surroundings={"DJANGO_SETTINGS_MODULE": "benchmarks.settings"})
    shutil.copy(sweep.template(), place / "control.sqlite3")
    words = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "benchmarks.hand_over", pair, "--here"]
    for name in ("sessions", "writes", "pause_target_ms", "seed"):
        words += [f"--{name.replace('_', '-')}", str(getattr(given, name))]
    began = time.monotonic()
    with (place / "trial.log").open("wb") as log:
        ended = subprocess.run(
            [*words, "--directory", str(place)],
            cwd=ROOT,
            env=sweep.environment(place),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
        )
    say(f"\n{pair} in {time.monotonic() - began:.0f} s")
    if ended.returncode != 0:
        say(f"  the trial ended with status {ended.returncode}: {(place / 'trial.log').read_text()[-3000:]}")
        return 1
    figures = json.loads(ended.stdout.splitlines()[-1])
    (place / "figures.json").write_text(json.dumps(figures, indent=1))
    tell(figures)
    return int(bool(figures["problems"]) or any(figures[name] for name in MUST_BE_ZERO))


def tell(figures: dict[str, Any]) -> None:
    say(
        f"  {figures['operations']:,} operations, {figures['acknowledged_writes']:,} acknowledged writes, "
        f"{figures['writes_before_the_way_back']:,} before the way back; {figures['brief_reads']:,} reads of sessions "
        "that live 3 s"
    )
    say("  " + ", ".join(f"{name.replace('_', ' ')} {figures[name]}" for name in MUST_BE_ZERO))
    say(
        f"  p99 at 200 operations a second: {figures['p99_plain_ms']} ms before, {figures['p99_dual_ms']} ms while "
        f"both are level: {figures['added_p99_ms']:+} ms (goal {GOAL_ADDED_MS})"
    )
    for name, pause in figures["pauses"].items():
        say(
            f"  {name}: longest write of a bucket p50 {pause['p50_ms']} ms, p99 {pause['p99_ms']} ms (goal "
            f"{GOAL_PAUSE_MS}), longest {pause['longest_ms']} ms; {pause['writes']:,} writes in {pause['buckets']} "
            f"buckets, {figures['seconds'][name]} s"
        )
    for gate, why in figures["kept_closed"].items():
        say(
            f"  as fast as they can: gate {gate} kept the second hand-over from happening: {why}; it went through paced"
        )
    for problem in figures["problems"][:10]:
        say(f"  WRONG {problem[:600]}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
