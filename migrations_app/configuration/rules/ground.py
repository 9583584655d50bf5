"""What a rule stands on while it is applied, and what it gives back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.edits import Edit, Editor, New
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.places import Places, concerns
from migrations_app.configuration.values import Entry, Expression, Literal, Span, Table, Value
from migrations_app.snakepit.versions import Version


@dataclass(frozen=True, slots=True)
class Wish:
    """A change of one file in the words of the data model; its editor makes bytes of it, or raises NotEditable."""

    file: str
    edits: Callable[[Editor], tuple[Edit, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a rule wishes, or only says. `reason` and `manner` are the rule's where they are empty."""

    key: str
    at: Span
    wishes: tuple[Wish, ...] = ()
    reason: str = ""
    manner: Manner | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why there is no way back over a rule: something that older releases cannot do."""

    key: str
    at: Span
    why: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A configuration between two rules, on its way from `origin` to `to`."""

    configuration: Configuration
    origin: Version
    to: Version

    @property
    def places(self) -> Places:
        return Places(self.configuration)

    @property
    def environments(self) -> tuple[str, ...]:
        return self.configuration.environments

    def of(self, key: str) -> tuple[Setting, ...]:
        """Every place of a key, each once, though several environments may import it."""
        return tuple({setting.span: setting for setting in self.configuration.of(key)}.values())

    def text(self, span: Span) -> str:
        return self.configuration.files[span.file].content[span.start : span.end].decode()

    def replace(self, value: Value, new: New) -> tuple[Wish, ...]:
        return (Wish(value.span.file, lambda editor: editor.replace(value, new)),)

    def rename(self, item: Setting | Entry, name: str) -> tuple[Wish, ...]:
        return (Wish(item.span.file, lambda editor: editor.rename(item, name)),)

    def remove(self, item: Setting | Entry) -> tuple[Wish, ...]:
        return (Wish(item.span.file, lambda editor: editor.remove(item)),)

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Wish, ...]:
        return (Wish(beside.span.file, lambda editor: editor.insert(beside, name, new, comment=comment)),)

    def pooling(self) -> tuple[str, ...]:
        """The environments in which workers start, or may: false in the code of every release, so unset means off."""
        return tuple(
            environment
            for environment in self.environments
            if any(_may_be_on(setting) for setting in self._deciding("pooling_enabled", environment))
        )

    def _deciding(self, key: str, environment: str) -> Iterator[Setting]:
        """The places that may hold: back to the last one that stands under no condition of run time."""
        for setting in reversed(self.places.given(key, environment)):
            yield setting
            if all(condition.environments is not None for condition in setting.conditions):
                return

    def lacking(self, key: str, among: tuple[str, ...]) -> tuple[str, ...]:
        """Those environments that do not surely set a key."""
        return tuple(environment for environment in among if not self.places.given(key, environment))

    def anchor(self, key: str, among: tuple[str, ...]) -> Setting | None:
        """After which setting a key may be given for these environments without overruling any other place of it.

        Where it is given nowhere, beside what turns pooling on; else in the first call that holds for all of them.
        """
        if not self.of(key):
            deciding = self._deciding("pooling_enabled", among[0])
            first = next((setting for setting in deciding if _may_be_on(setting)), None)
        else:
            first = next((setting for setting in self.configuration.settings if _holds_for(setting, among)), None)
        return [one for one in self.configuration.settings if first and one.call == first.call][-1] if first else None


def _holds_for(setting: Setting, environments: tuple[str, ...]) -> bool:
    return all(concerns(setting, environment) for environment in environments) and all(
        condition.environments is not None for condition in setting.conditions
    )


def _may_be_on(setting: Setting) -> bool:
    return isinstance(setting.value, Expression) or (
        isinstance(setting.value, Literal) and setting.value.value not in (False, None)
    )
