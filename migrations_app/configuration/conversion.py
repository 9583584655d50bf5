"""A configuration taken from one version of Snakepit to another, hunk by hunk, each with its rule and reason."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.hunk import Hunk, Manner
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.reading import read
from migrations_app.configuration.rules.chain import way
from migrations_app.configuration.rules.ground import Blocked
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.rules.walk import Walk
from migrations_app.configuration.schema import validate
from migrations_app.configuration.schema.meaning import meaning
from migrations_app.snakepit.versions import Version


class NoWay(ValueError):
    """An older release cannot do what the configuration says. Nothing was changed."""

    def __init__(self, to: Version, blocked: list[tuple[Rule, Blocked]]) -> None:
        self.blocked = tuple(blocked)
        places = "; ".join(
            f"`{one.key}` in {one.at.file} line {one.at.line}: {one.why} (rule {rule.id})" for rule, one in blocked
        )
        super().__init__(f"There is no way back to Snakepit {to} by rules. {places}. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Conversion:
    """`before` and `after` hold every file's bytes. `problems` are those of the result, judged at `to`.

    `reversible`: a way back by rules leads to the same effective configuration; else only a snapshot does.
    """

    origin: str
    to: str
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    hunks: tuple[Hunk, ...]
    problems: tuple[ConfigProblem, ...]
    reversible: bool

    @property
    def changes(self) -> bool:
        return self.before != self.after


def convert(configuration: Configuration, *, origin: Version, to: Version) -> Conversion:
    """Upwards and downwards; between the same release nothing but leftovers changes.

    Raises NoWay where an older release cannot do what the configuration says.
    """
    walk = _walked(configuration, origin, to)
    if walk.blocked:
        raise NoWay(to, walk.blocked)
    return Conversion(
        origin=str(origin),
        to=str(to),
        before={path: file.content for path, file in configuration.files.items()},
        after=walk.content,
        hunks=tuple(walk.hunks),
        problems=validate(walk.configuration, to),
        reversible=_leads_back(configuration, walk.configuration, origin, to),
    )


def _walked(configuration: Configuration, origin: Version, to: Version) -> Walk:
    first = next(iter(configuration.files))

    def reread(content: Mapping[str, bytes]) -> Configuration:
        return read(first, content[first], content.get)

    walk = Walk(configuration, origin, to, editor_of, reread)
    walk.go(way(origin, to))
    return walk


def _leads_back(before: Configuration, after: Configuration, origin: Version, to: Version) -> bool:
    """Tried, not promised: the way back is gone, and has to mean the same at `origin`."""
    back = _walked(after, to, origin)
    return not back.blocked and meaning(back.configuration, origin) == meaning(before, origin)


__all__ = ["Conversion", "Hunk", "Manner", "NoWay", "convert"]
