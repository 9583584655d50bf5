import sys
from pathlib import Path

from migrations_app.handlers.adapter.equivalence.interpreter import shown


def test_the_running_interpreter_is_there_anyway():
    assert shown(None) == (sys.executable, {})
    assert shown(Path("/usr/bin/python3")) == ("/usr/bin/python3", {})


def test_an_environment_brings_itself_and_what_it_was_made_from(tmp_path):
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    (base / "bin/python3.11").touch()
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python").symlink_to(base / "bin/python3.11")
    (environment / "pyvenv.cfg").write_text(f"home = {base}/bin\nversion = 3.11\n")

    command, folders = shown(environment / "bin/python")

    assert command == f"{environment}/bin/python"
    assert set(folders) == {environment, base}
