"""Server time per page beside an empty view: `make bench ARGS=pages`, `python -m benchmarks.pages --scale 0.01`.

Two sets of data, each in a SQLite database of its own under build/pages, made once and kept: the demo's, and 10,000
migrations, 200,000 reviews, 1,000,000 events and 1,000,000 audit entries (times `--scale`). Goals: median 60 ms and
100 ms.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

KEPT = Path("build/pages")
GOALS = {"demo": 60, "full": 100}
BUILD_FAILED = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """`again` builds the data anew; `explain` also prints which queries read whole tables."""

    scale: float = 1.0
    rounds: int = 7
    calls: int = 3
    again: bool = False
    explain: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size to build (1.0)")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (7)")
    parser.add_argument("--calls", type=int, default=3, help="calls of each page in a round (3)")
    parser.add_argument("--again", action="store_true", help="build the data anew")
    parser.add_argument("--explain", action="store_true", help="also print the queries that read whole tables")
    parser.add_argument("--only", choices=sorted(GOALS), help="one set of data instead of both")
    given = vars(parser.parse_args())
    only = given.pop("only")
    for name in [only] if only else GOALS:
        report(name, Wishes(**given))


def both(wishes: Wishes) -> None:
    for name in GOALS:
        report(name, wishes)


def report(name: str, wishes: Wishes) -> None:
    scale = 0.0 if name == "demo" else wishes.scale
    state = KEPT / (f"{name}-{scale:g}" if scale else name)
    surroundings = surroundings_of(state.resolve())
    anew = wishes.again or not (state / "complete").exists()
    if anew:
        shutil.rmtree(state, ignore_errors=True)
        (state / "files").mkdir(parents=True)
    run(surroundings, "django", "migrate", "--noinput", "-v", "0")  # what was kept may be of an older schema
    if anew:
        run(surroundings, "django", "demo", "--seed-only", quiet=True)
        if scale:
            run(surroundings, "benchmarks.pages_data", str(scale))
        (state / "complete").touch()
    more = ["--explain"] if wishes.explain else []
    numbers = (GOALS[name], wishes.rounds, wishes.calls)
    run(surroundings, "benchmarks.pages_timing", *map(str, numbers), *more)


def surroundings_of(state: Path) -> dict[str, str]:
    """Nothing of the caller's own installation; the broker's address leads nowhere, for pages ring no bells."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_STATE": str(state),
        "SNAKEWEB_FILE_ROOTS": str(state / "files"),
        "SNAKEWEB_REDIS_URL": "redis://127.0.0.1:1/0",
    }


def run(surroundings: dict[str, str], module: str, *arguments: str, quiet: bool = False) -> None:
    """`python -m module` with our output; what a quiet one writes is shown when it fails. Ends the program then."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=surroundings, capture_output=quiet, text=True, check=False
    )
    if ended.returncode:
        print(f"{module} failed\n{ended.stderr or ''}", file=sys.stderr)
        raise SystemExit(BUILD_FAILED)


if __name__ == "__main__":
    main()
