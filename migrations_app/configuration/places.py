"""Which place of a key counts, environment by environment: what checks and rules ask before they judge a key."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.values import Entry, Form, Table


def concerns(setting: Setting, environment: str) -> bool:
    """Whether it is, or may be, given in an environment. A condition that only the running system knows may be met."""
    return all(
        condition.environments is None or environment in condition.environments for condition in setting.conditions
    )


@dataclass(frozen=True, slots=True)
class Places:
    configuration: Configuration

    def given(self, key: str, environment: str) -> tuple[Setting, ...]:
        return tuple(setting for setting in self.configuration.of(key) if concerns(setting, environment))

    def standing(self, key: str, environment: str) -> Setting | None:
        """The last place, which holds: unless it is under a condition of run time, or merges with earlier ones."""
        found = self.given(key, environment)
        return found[-1] if found else None

    def merged(self, key: str, environment: str) -> dict[str, Entry]:
        """The entries of a table that hold, by name: those of keyword lists one over the other, of a map alone."""
        entries: dict[str, Entry] = {}
        form = None
        for setting in self.given(key, environment):
            if not isinstance(setting.value, Table):
                continue
            if setting.value.form is Form.MAP or form is Form.MAP:
                entries = {}
            form = setting.value.form
            entries |= {entry.name: setting.value.get(entry.name) or entry for entry in setting.value.entries}
        return entries

    def beside(self, first: str, second: str) -> Iterator[tuple[Setting, Setting]]:
        """Pairs of settings that hold in the same environment, each pair once."""
        pairs: dict[tuple[Setting, Setting], None] = {}
        for environment in self.configuration.environments:
            one, other = self.standing(first, environment), self.standing(second, environment)
            if one and other:
                pairs[one, other] = None
        yield from pairs
