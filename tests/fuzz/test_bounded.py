import os
import subprocess
import sys

MOST_MIB = 200  # of any input; most readers keep a few copies of ten megabytes


def test_memory_stays_bounded_whatever_an_input_stands_for() -> None:
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "snakeweb.settings"}
    command = [sys.executable, "-m", "tests.fuzz.bounded"]

    ended = subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=250, check=False)

    assert ended.returncode == 0, f"after {ended.stdout}: {ended.stderr[-2000:]}"
    grown = {name: int(mib) for mib, name in (line.split(" ", 1) for line in ended.stdout.splitlines())}
    assert len(grown) == 23
    assert not {name: mib for name, mib in grown.items() if mib > MOST_MIB}
