"""Real test processes take the tests of a file together."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT
from tests.scheduling import WHOLE_INSTALLATIONS

TESTS = """
import os, pathlib, time, pytest

@pytest.mark.parametrize("number", range(6))
def test_one(number):
    time.sleep(0.05)  # long enough for another process to take the next
    with pathlib.Path(__file__).with_suffix(".txt").open("a") as said:
        said.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")

class TestMore:
    test_two = staticmethod(test_one)
"""


def test_a_file_stays_in_one_process(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "-c", "/dev/null", "--rootdir", str(tmp_path)]

    subprocess.run([*command, "-p", "tests.scheduling", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)

    took = [(tmp_path / f"test_{name}.txt").read_text().split() for name in "abc"]
    assert [len(workers) for workers in took] == [12, 12, 12]
    assert [len(set(workers)) for workers in took] == [1, 1, 1]


def test_whole_installations_are_where_they_are_named() -> None:
    assert [name for name in sorted(WHOLE_INSTALLATIONS) if not (ROOT / name).is_file()] == []
