"""`python -m tests.fuzz --minutes 10`: many more inputs, round after round; exit status 1: a finding."""

import argparse
import os
import subprocess
import sys
import time

TIMES = 40  # as many examples as the small profile has


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz")
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--only", default="", help="names of readers, as pytest's -k takes them")
    given = arguments.parse_args()
    until, rounds = time.monotonic() + 60 * given.minutes, 0
    surroundings = {**os.environ, "SNAKEWEB_FUZZ_TIMES": str(TIMES)}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-o", "timeout=0", "tests/fuzz", "-k", given.only]
    while rounds == 0 or time.monotonic() < until:
        rounds += 1
        ended = subprocess.run(command, env=surroundings, check=False)
        if ended.returncode != 0:
            return 1
    sys.stdout.write(f"{rounds} rounds with {TIMES} times the usual examples; nothing was found.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
