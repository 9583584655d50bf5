"""Configurations in the shapes that are found in the wild, converted; and read again by Elixir itself."""

from collections import Counter
from pathlib import Path

import pytest

from migrations_app.configuration.conversion import convert
from migrations_app.configuration.document import Configuration
from migrations_app.configuration.effective import effective
from migrations_app.configuration.problems import Severity
from migrations_app.configuration.reading import read
from migrations_app.configuration.schema import validate
from migrations_app.configuration.schema.meaning import meaning
from migrations_app.snakepit.versions import Version
from tests.configuration.peer import disagreements, elixir_says

FIXTURES = Path(__file__).with_name("fixtures")
NOW = Version("0.13.0")
SHAPES = [
    ("early", "config.exs", "0.3.1"),
    ("keyword_pools", "config.exs", "0.4.3"),
    ("trailing", "config.exs", "0.6.0"),
    ("grown", "config.exs", "0.6.8"),
    ("computed", "config.exs", "0.8.5"),
    ("script", "start.exs", "0.8.9"),
    ("helper", "config.exs", "0.12.0"),
    ("pools", "config.exs", "0.12.0"),
]


def shape(name: str, first: str) -> Configuration:
    def files(path: str) -> bytes | None:
        wanted = FIXTURES / name / path
        return wanted.read_bytes() if wanted.is_file() else None

    return read(first, (FIXTURES / name / first).read_bytes(), files)


def again(content: dict[str, bytes], first: str) -> Configuration:
    return read(first, content[first], content.get)


def comments(content: bytes) -> Counter[str]:
    lines = (line.strip() for line in content.decode().splitlines())
    return Counter(line for line in lines if line.startswith("#"))


@pytest.mark.parametrize(("name", "first", "origin"), SHAPES)
def test_each_shape_at_the_newest_release(name, first, origin):
    before, at = shape(name, first), Version(origin)

    done = convert(before, origin=at, to=NOW)

    after = again(dict(done.after), first)
    assert [one.message for one in done.problems if one.severity is Severity.ERROR] == []
    assert not convert(after, origin=at, to=NOW).changes
    assert not convert(after, origin=NOW, to=NOW).changes
    if done.reversible:
        back = again(dict(convert(after, origin=NOW, to=at).after), first)
        assert meaning(back, at) == meaning(before, at)
    assert [one for one in validate(after, NOW) if one.code == "no-longer-read"] == []


@pytest.mark.parametrize(("name", "first", "origin"), SHAPES)
def test_comments_go_only_with_what_they_belong_to(name, first, origin):
    before = shape(name, first)

    done = convert(before, origin=Version(origin), to=NOW)

    taken = {line.strip() for hunk in done.hunks for line in hunk.before.splitlines()}
    removed = [hunk for hunk in done.hunks if hunk.before != hunk.after]
    for path, content in done.before.items():
        gone = comments(content) - comments(done.after[path])
        assert not gone or removed
        assert set(gone) <= taken


def test_elixir_reads_the_results_as_we_do(tmp_path):
    asked, ours = [], []
    for name, first, origin in SHAPES:
        done = convert(shape(name, first), origin=Version(origin), to=NOW)
        place = tmp_path / name
        place.mkdir()
        for path, content in done.after.items():
            (place / path).write_bytes(content)
        if name != "helper":  # it calls a module that is not there
            after = again(dict(done.after), first)
            asked += [(place / first, environment) for environment in after.environments]
            ours += [effective(after, environment) for environment in after.environments]

    answers = elixir_says(asked)

    assert all(answers)
    found = {
        f"{path}@{env}": disagreements(mine, his) for (path, env), mine, his in zip(asked, ours, answers, strict=True)
    }
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
