"""Elixir itself, asked what a configuration is: the peer that our reading is compared with."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrations_app.configuration.effective import Effective
from migrations_app.configuration.plain import AtRunTime, Said, plain
from migrations_app.configuration.values import Atom, Module

ASK = Path(__file__).with_name("elixir_terms.exs")


def elixir_says(asked: Iterable[tuple[Path, str]], **environment: str) -> list[dict[str, Said]]:
    """For each path and environment the keys of Snakepit. Skips where there is no Elixir."""
    elixir = shutil.which("elixir")
    if elixir is None:
        pytest.skip("no Elixir on this machine")
    answer = subprocess.run(
        [elixir, str(ASK), *(f"{path}@{name}" for path, name in asked)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    return [{_text(key["atom"]): _term(value) for key, value in json.loads(line)["map"]} for line in lines]


def disagreements(ours: Mapping[str, Effective], theirs: Mapping[str, Said]) -> list[str]:
    """Keys that Elixir has and we lack, or the reverse, or of which no outcome of ours is Elixir's."""
    found = [f"{key}: Elixir has it, and we do not" for key in theirs if key not in ours]
    for key, effective in ours.items():
        if key not in theirs:
            if all(outcome.value is not None for outcome in effective.outcomes):
                found.append(f"{key}: we have it, and Elixir does not")
            continue
        said = [None if outcome.value is None else plain(outcome.value) for outcome in effective.outcomes]
        if not any(same(one, theirs[key]) for one in said):
            found.append(f"{key}: we read {said}, Elixir {theirs[key]}")
    return found


def same(ours: Said, theirs: Said) -> bool:
    """Equal to the kind of every value; an expression of ours may be anything."""
    if isinstance(ours, AtRunTime):
        return True
    if isinstance(ours, Module):
        return theirs == Atom(f"Elixir.{ours.name}")
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == theirs


def _term(said: Any) -> Said:
    if isinstance(said, str):
        return _text(said)
    if isinstance(said, list):
        return [_term(one) for one in said]
    if not isinstance(said, dict):
        return said
    ((kind, given),) = said.items()
    match kind:
        case "atom":
            return Atom(_text(given))
        case "float":
            return float(_text(given))
        case "tuple":
            return tuple(_term(one) for one in given)
        case "map":
            return {_term(key): _term(value) for key, value in given}
    return AtRunTime(_text(given))


def _text(encoded: str) -> str:
    return bytes.fromhex(encoded).decode()
