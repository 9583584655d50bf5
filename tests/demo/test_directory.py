import os
import subprocess
import sys

import pytest

from migrations_app.demo.directory import DirectoryInUse, own_directory


def test_the_directory_begins_empty(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "snakeweb.sqlite3").write_text("old")

    with own_directory(tmp_path) as directory:
        assert [path.name for path in directory.iterdir()] == ["lock"]


def test_a_second_demo_is_refused_and_touches_nothing(tmp_path):
    with own_directory(tmp_path) as directory:
        (directory / "deployment.json").write_text("{}")
        with pytest.raises(DirectoryInUse, match="Another demo"), own_directory(tmp_path):
            pass

        assert (directory / "deployment.json").exists()


def test_processes_of_a_killed_demo_are_ended(tmp_path):
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, env={"STATE": str(tmp_path)}) as left:
        (tmp_path / "processes").write_text(f"{left.pid}\n")

        with own_directory(tmp_path):
            assert left.wait(60) == -9


def test_a_listed_process_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "processes").write_text(f"{os.getpid()}\n")

    with own_directory(tmp_path):
        pass
