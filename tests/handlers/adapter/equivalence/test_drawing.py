import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import strategies

from migrations_app.handlers.adapter.equivalence.drawing import draw
from migrations_app.handlers.adapter.equivalence.strategies import ANYTHING, DATES, TABLES

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
import hashlib, json
from migrations_app.handlers.adapter.equivalence.drawing import draw
from migrations_app.handlers.adapter.equivalence.strategies import ANYTHING, DATES, TABLES
drawn = [draw(one, 100, number=7) for one in (ANYTHING, DATES, TABLES)]
print(hashlib.sha256(json.dumps(drawn).encode()).hexdigest())
"""


def digest(drawn):
    return hashlib.sha256(json.dumps(drawn).encode()).hexdigest()


def test_the_same_seed_gives_the_same_in_every_process_and_leaves_nothing_on_disk(tmp_path):
    here = digest([draw(one, 100, number=7) for one in (ANYTHING, DATES, TABLES)])

    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "3"}
    other = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    )

    assert other.stdout.strip() == here
    assert list(tmp_path.iterdir()) == []


def test_another_seed_gives_others():
    assert draw(ANYTHING, 50, number=1) != draw(ANYTHING, 50, number=2)


def test_as_many_as_asked_for():
    assert set(draw(strategies.booleans(), 100, number=1)) == {False, True}
    assert len(draw(strategies.integers(), 30, number=1)) == 30
    assert draw(strategies.integers(), 0, number=1) == []
