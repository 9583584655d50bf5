"""What the tests of configurations share: reading a few lines, and what came of them."""

from collections.abc import Mapping

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.plain import Said, plain
from migrations_app.configuration.reading import read


def reading(
    content: str | bytes, *, name: str = "config.exs", beside: Mapping[str, str] | None = None
) -> Configuration:
    """`beside`: the other files, by their names."""
    others = {path: text.encode() for path, text in (beside or {}).items()}
    return read(name, content.encode() if isinstance(content, str) else content, others.get)


def said(configuration: Configuration) -> list[tuple[str, Said]]:
    """Every key with its value, in the order in which they take effect."""
    return [(setting.key, plain(setting.value)) for setting in configuration.settings]


def value_of(written: str) -> Said:
    """What one Elixir expression is read as."""
    configuration = reading(f"import Config\nconfig :snakepit, :key, {written}\n")
    assert not configuration.problems, configuration.problems
    return plain(configuration.settings[0].value)


def codes(configuration: Configuration) -> list[tuple[str, int]]:
    """The problems, each with its line."""
    return [(problem.code, problem.span.line if problem.span else 0) for problem in configuration.problems]
