"""Our reading beside Elixir's own, of every fixture in each of its environments."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrations_app.configuration.effective import effective
from migrations_app.configuration.reading import read
from tests.configuration.peer import disagreements, elixir_says

FIXTURES = Path(__file__).with_name("fixtures")
FIRST = [
    *(FIXTURES / name / "config.exs" for name in ("early", "grown", "pools", "keyword_pools", "computed", "trailing")),
    FIXTURES / "script" / "start.exs",
]


def beside(path: Path) -> Callable[[str], bytes | None]:
    def files(name: str) -> bytes | None:
        wanted = path.parent / name
        return wanted.read_bytes() if wanted.is_file() else None

    return files


@pytest.mark.parametrize(
    "variables",
    [{}, {"ORDERS_OTLP": "true", "ORDERS_CONSOLE": "1", "ORDERS_QUIET": "1", "ORDERS_TIER": "large"}],
    ids=["unset", "set"],
)
def test_elixir_reads_the_fixtures_as_we_do(variables):
    configurations = {path: read(path.name, path.read_bytes(), beside(path)) for path in FIRST}
    asked = [(path, name) for path, configuration in configurations.items() for name in configuration.environments]

    answers = elixir_says(asked, **variables)

    found = {
        f"{path.parent.name}@{name}": disagreements(effective(configurations[path], name), theirs)
        for (path, name), theirs in zip(asked, answers, strict=True)
    }
    assert all(theirs for theirs in answers)
    assert len(asked) == 13
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
    assert all(configuration.problems == () for configuration in configurations.values())
