"""Configurations as text, for tests of what is said of them."""

from textwrap import dedent

from migrations_app.configuration.document import Configuration
from tests.configuration.reading_of import reading


def elixir(keys: str) -> Configuration:
    """Keys of one `config :snakepit` call; the first of them stands on line 3."""
    body = "\n".join(f"  {line}" if line else line for line in dedent(keys).strip().splitlines())
    return reading(f"import Config\nconfig :snakepit,\n{body}\n")


def files(texts: dict[str, str]) -> Configuration:
    """The first is the one that is read, the others are there for its imports."""
    name, *_ = texts
    return reading(texts[name], name=name, beside=texts)
