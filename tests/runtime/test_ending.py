import subprocess
import sys

from migrations_app.runtime.ending import process_ending


def test_a_process_begins_without_having_been_told_to_end():
    look = "from migrations_app.runtime.ending import process_ending as p; print(p.is_set())"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout == "False\n"
    assert not process_ending.is_set()
