import os
import subprocess
import sys

from migrations_app.runtime.turns import TURN_SECONDS


def test_a_web_process_takes_short_turns() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, snakeweb.asgi; print(sys.getswitchinterval())"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert float(said) == TURN_SECONDS
