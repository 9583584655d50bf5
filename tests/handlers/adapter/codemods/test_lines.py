"""Scripts that name the adapter on a command line."""

import pytest

from migrations_app.handlers.adapter.codemods.lines import is_read, refused_lines
from migrations_app.handlers.adapter.facts import Lines
from tests.handlers.adapter.codemods.projects import SWITCH


@pytest.mark.parametrize(
    "path", ["bin/run.sh", "Dockerfile", "Dockerfile.prod", "a/x.service", "docker-compose.yml", "Procfile", ".env"]
)
def test_scripts_units_and_compose_files_are_read(path: str):
    assert is_read(path)


@pytest.mark.parametrize("path", ["README.md", "a.py", "a.ex", "photo.png"])
def test_prose_and_other_languages_are_not(path: str):
    assert not is_read(path)


def test_lines_that_are_no_comment_are_listed():
    named = b"--adapter pkg.adapter.MyAdapter\n"
    content = b"# " + named + b"run \\\n  " + named + b"run " + named
    found = list(refused_lines("run.sh", content, SWITCH, [Lines("run.sh", 4, 4)]))

    assert [(str(one.lines), one.code) for one in found] == [("run.sh:3", "named")]
    assert "SNAKEPIT_GENERIC_ADAPTER" in found[0].advice
