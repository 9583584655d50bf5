"""A key of Snakepit's configuration and its life: from which release on it is read, and what it really did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema.kinds import Flag, Kind
from migrations_app.snakepit.versions import RELEASES, Version

UNCHECKED = "Snakepit does not check it: the first call that uses it fails."
SILENT = "Snakepit takes its own default instead, without a word."


@dataclass(frozen=True, slots=True)
class Key:
    """One stage of a key's life, in releases `since` to `until` (excluded; empty: until today).

    `does` is one sentence for people, `default` is written as Elixir. `idle`: accepted and without effect, in the words
    of what happens instead. `otherwise` and `harm`: what a value of another kind leads to. `gone`: what to do about it
    afterwards. `needed`: a table without it is refused.
    """

    name: str
    kind: Kind
    since: str
    default: str = ""
    does: str = ""
    until: str = ""
    idle: str = ""
    instead: str = ""
    otherwise: str = UNCHECKED
    harm: Severity = Severity.ERROR
    gone: str = ""
    needed: bool = False

    def lives_at(self, at: Version) -> bool:
        return Version(self.since) <= at and (not self.until or at < Version(self.until))


def stages(keys: Sequence[Key], name: str) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.name == name)


def living(keys: Sequence[Key], name: str, at: Version) -> Key | None:
    return next((key for key in keys if key.name == name and key.lives_at(at)), None)


def never(name: str, idle: str, instead: str = "") -> Key:
    """A key that documents or examples name, and that no release has ever read."""
    return Key(name, Kind(), RELEASES[0], idle=idle, instead=instead)


def flag(name: str, since: str, default: bool, does: str, **more: str) -> Key:
    return replace(Key(name, Flag(), since, "true" if default else "false", does), **more)  # type: ignore[arg-type]
