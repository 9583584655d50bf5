"""What an application's keys are in one environment, after all calls in their order.

Elixir merges an earlier keyword list with a later one, key by key and deeply; anything else that comes later replaces
what was there, a map too, and a keyword list over a map or the reverse (`Config`, seen by running it). `put_env`
merges nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType

from migrations_app.configuration.document import CallForm, Condition, Configuration, Setting
from migrations_app.configuration.values import Atom, Entry, Expression, Form, Literal, Sequence, Span, Table, Value

MOST_OUTCOMES = 32
ENVIRONMENT = frozenset({"config_env()", "Mix.env()", "config_env", "Config.config_env()"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One value that a key may have. None: it is not set. `settings`: what it came from, in order; `under`: what the
    running system must find for it to be this one, as it is written."""

    value: Value | None
    settings: tuple[Setting, ...]
    under: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effective:
    """A key in one environment. More than one outcome: a condition that only the running system knows decides.
    `complete` is False when there are more than are kept."""

    key: str
    outcomes: tuple[Outcome, ...]
    complete: bool = True

    @property
    def decided(self) -> bool:
        return len(self.outcomes) == 1

    @property
    def value(self) -> Value | None:
        """That of the last outcome: the one in which most of what may be given is given."""
        return self.outcomes[-1].value

    @property
    def settings(self) -> tuple[Setting, ...]:
        """All that any outcome came from."""
        return tuple(dict.fromkeys(setting for outcome in self.outcomes for setting in outcome.settings))


def effective(configuration: Configuration, environment: str) -> Mapping[str, Effective]:
    """Every key that the environment may have, in the order in which they are first given. A merged table has the span
    of the last keyword list that went into it; its entries keep their own."""
    by_key: dict[str, list[Setting]] = {}
    for setting in configuration.settings:
        if all(c.environments is None or environment in c.environments for c in setting.conditions):
            by_key.setdefault(setting.key, []).append(setting)
    return {key: _folded(key, settings, environment) for key, settings in by_key.items()}


def merged(before: Value | None, after: Value) -> Value:
    """What `config` makes of a value given after another."""
    earlier, later = _keyword(before), _keyword(after)
    if earlier is None or later is None:
        return after
    rest, original, new = list(earlier), list(earlier), []
    for entry in later:
        found = next((one for one in original if one.key.value == entry.key.value), None)
        if found is not None:
            original.remove(found)
            rest = [one for one in rest if one.key.value != entry.key.value]
            entry = replace(entry, value=merged(found.value, entry.value))
        new.append(entry)
    return Table((*rest, *new), Form.KEYWORD, after.span)


@dataclass(frozen=True, slots=True)
class _World:
    """`taken`: the branch of each choice that holds here; `left`: those that do not."""

    value: Value | None = None
    settings: tuple[Setting, ...] = ()
    taken: Mapping[Span, str] = field(default_factory=lambda: MappingProxyType({}))
    left: Mapping[Span, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def split(self, condition: Condition) -> Iterator[tuple["_World", bool]]:
        """This world where the branch is not taken, and where it is; only one of them when that is known."""
        place, source = condition.span, condition.source
        left = self.left.get(place, ())
        if place in self.taken or source in left:
            yield self, self.taken.get(place) == source
            return
        if not (condition.otherwise and _nothing_else_is_left(source, left)):
            yield replace(self, left={**self.left, place: (*left, source)}), False
        yield replace(self, taken={**self.taken, place: source}), True

    def with_setting(self, setting: Setting, environment: str) -> "_World":
        given = _in_environment(setting.value, environment)
        value = given if setting.form is CallForm.PUT_ENV else merged(self.value, given)
        return replace(self, value=value, settings=(*self.settings, setting))

    def under(self) -> tuple[str, ...]:
        not_taken = [
            _negated(one) for place, all_left in self.left.items() if place not in self.taken for one in all_left
        ]
        return tuple(dict.fromkeys([*self.taken.values(), *not_taken]))


def _folded(key: str, settings: list[Setting], environment: str) -> Effective:
    worlds, complete = [_World()], True
    for setting in settings:
        choices = [condition for condition in setting.conditions if condition.environments is None]
        states = [(world, True) for world in worlds]
        for choice in choices:
            states = [
                state for world, holds in states for state in (world.split(choice) if holds else [(world, False)])
            ]
        worlds = [world.with_setting(setting, environment) if holds else world for world, holds in states]
        if len(worlds) > MOST_OUTCOMES:
            worlds, complete = worlds[-MOST_OUTCOMES:], False
    return Effective(key, tuple(Outcome(world.value, world.settings, world.under()) for world in worlds), complete)


def _nothing_else_is_left(source: str, left: tuple[str, ...]) -> bool:
    return bool(left) and source in {" and ".join(_negated(one) for one in left), _negated(left[0])}


def _negated(source: str) -> str:
    return source[5:-1] if _is_one_negation(source) else f"not ({source})"


def _is_one_negation(source: str) -> bool:
    """`not (a)`, and not `not (a) and not (b)`."""
    inner = source[5:-1]
    depths = accumulate({"(": 1, ")": -1}.get(character, 0) for character in inner)
    return source.startswith("not (") and source.endswith(")") and min(depths, default=0) >= 0


def _keyword(value: Value | None) -> tuple[Entry, ...] | None:
    if isinstance(value, Table) and value.form is Form.KEYWORD:
        return value.entries
    if isinstance(value, Sequence) and value.form is Form.LIST and not value.items:
        return ()
    return None


def _in_environment(value: Value, environment: str) -> Value:
    """`config_env()` as a value is the environment, also within others."""
    match value:
        case Expression() if value.source in ENVIRONMENT:
            return Literal(Atom(environment), value.span)
        case Sequence():
            return replace(value, items=tuple(_in_environment(item, environment) for item in value.items))
        case Table():
            entries = tuple(replace(e, value=_in_environment(e.value, environment)) for e in value.entries)
            return replace(value, entries=entries)
    return value
