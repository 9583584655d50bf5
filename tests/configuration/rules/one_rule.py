"""One rule applied to a configuration, without those around it."""

from textwrap import dedent

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.reading import read
from migrations_app.configuration.rules.chain import CHAIN
from migrations_app.configuration.rules.walk import Walk
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir

HEAD = "import Config\nconfig :snakepit,\n"


def walked(rule: str, configuration: Configuration, origin: str, to: str) -> Walk:
    first = next(iter(configuration.files))

    def reread(content):
        return read(first, content[first], content.get)

    walk = Walk(configuration, Version(origin), Version(to), editor_of, reread)
    walk.go(one for one in CHAIN if one.id == rule)
    return walk


def keys(content: bytes) -> str:
    return dedent(content.decode().removeprefix(HEAD)).rstrip("\n")


def applied(rule: str, given: str, origin: str = "0.3.0", to: str = "0.13.0") -> str:
    """What the keys of one call become, as text."""
    return keys(walked(rule, elixir(given), origin, to).content["config.exs"])


def said(rule: str, given: str, origin: str = "0.3.0", to: str = "0.13.0") -> list[tuple[str, str, int | None]]:
    """Manner, key and line of each hunk."""
    walk = walked(rule, elixir(given), origin, to)
    return [(str(hunk.manner), hunk.key, hunk.span.line if hunk.span else None) for hunk in walk.hunks]
