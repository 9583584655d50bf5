"""What the command makes is whole: another process tests it at once, without this repository's settings or tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from migrations_app.management.scaffolding import CannotScaffold, names_of, rendered
from tests.architecture.sources import ROOT


def start(name: str, directory: Path) -> Path:
    call_command("start_handler", name, directory=directory)
    (made,) = [path for path in directory.iterdir() if path.is_dir()]
    return made


def run(*command: str, cwd: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SNAKEWEB", "DJANGO", "COV"))}
    return subprocess.run(command, cwd=cwd, env={**kept, **more}, capture_output=True, text=True, check=False)


def test_its_tests_pass_at_once(tmp_path, capsys):
    made = start("rotate_key", tmp_path)
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=made, PYTHONPATH=str(ROOT))

    assert made.name == "snakeweb-rotate-key"
    assert said.returncode == 0, said.stdout[-3000:]
    assert "passed" in said.stdout
    assert "pytest" in capsys.readouterr().out


def test_its_code_is_as_ours_is(tmp_path):
    """No warning of the linter with its usual rules, and formatted."""
    made = start("rotate_key", tmp_path)
    for command in (["check", "--select", "E,F,I,B,UP,SIM"], ["format", "--check"]):
        said = run(sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", ".", cwd=made)
        assert said.returncode == 0, said.stdout


def test_no_placeholder_is_left():
    for path, text in rendered(names_of("rotate_key")).items():
        assert "${" not in text, path
        assert "package" not in path.parts
    assert {"pyproject.toml", "README.md"} <= {str(path) for path in rendered(names_of("rotate_key"))}


@pytest.mark.parametrize(
    "name", ["", "x", "Rotate", "rotate-key", "1key", "key_", "a__b", "../key", "k" * 61, "session"]
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(name, tmp_path):
    with pytest.raises(CannotScaffold):
        names_of(name)
    with pytest.raises(CommandError):
        call_command("start_handler", name, directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_as_it_is(tmp_path):
    made = start("rotate_key", tmp_path)
    (made / "README.md").write_text("mine")
    with pytest.raises(CommandError, match="left as it is"):
        call_command("start_handler", "rotate_key", directory=tmp_path)

    assert (made / "README.md").read_text() == "mine"
    assert list(tmp_path.iterdir()) == [made]


def test_a_place_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Nothing could be written"):
        call_command("start_handler", "rotate_key", directory=tmp_path / "file")
