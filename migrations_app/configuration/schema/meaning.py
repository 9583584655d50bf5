"""What a configuration means to one release: the keys that it reads, without what would hold in silence anyway."""

from collections.abc import Mapping, Sequence

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.places import Places
from migrations_app.configuration.plain import AtRunTime, Said, plain
from migrations_app.configuration.schema.judge import KEYS
from migrations_app.configuration.schema.keys import Key, living
from migrations_app.configuration.schema.kinds import ListOf, TableOf
from migrations_app.configuration.values import Atom, Literal, Module, Table, Value
from migrations_app.configuration.values import Sequence as Items
from migrations_app.snakepit.versions import Version

Meant = Mapping[str, Mapping[str, object]]


def meaning(configuration: Configuration, at: Version) -> Meant:
    """By environment and key: every place that may hold, with the conditions of run time that it stands under."""
    places = Places(configuration)
    return {
        environment: {
            key: said
            for key in dict.fromkeys(setting.key for setting in configuration.settings)
            if (said := _key(places.given(key, environment), key, at))
        }
        for environment in configuration.environments
    }


def _key(given: Sequence[Setting], name: str, at: Version) -> tuple[object, ...]:
    key = living(KEYS, name, at)
    if key is None or key.idle:
        return ()
    said: list[object] = []
    for setting in given:
        conditions = tuple(one.source for one in setting.conditions if one.environments is None)
        if not conditions and not isinstance(setting.value, Table):
            said.clear()
        meant = _value(key, setting.value, at)
        if meant is not None:
            said.append((conditions, meant))
    return tuple(said)


def _value(key: Key, value: Value, at: Version) -> object:
    """None where the default holds anyway, or nothing is left."""
    if isinstance(value, Literal) and _default(value) == key.default:
        return None
    kind = key.kind
    if isinstance(value, Table) and isinstance(kind, TableOf) and not kind.open:
        return _table(kind, value, at)
    if isinstance(value, Items) and isinstance(kind, ListOf) and isinstance(kind.item, TableOf):
        tables = [_table(kind.item, item, at) if isinstance(item, Table) else plain(item) for item in value.items]
        return tuple(tables)
    return _frozen(plain(value))


def _table(kind: TableOf, table: Table, at: Version) -> object:
    entries = []
    for entry in table.entries:
        key = living(kind.keys, entry.name, at)
        meant = None if key is None or key.idle else _value(key, entry.value, at)
        if meant is not None:
            entries.append((entry.name, meant))
    return (table.form, tuple(sorted(entries, key=lambda pair: pair[0]))) if entries else None


def _default(value: Literal) -> str:
    """A literal as the tables of keys write a default."""
    found = value.value
    if isinstance(found, bool) or found is None:
        return {True: "true", False: "false", None: "nil"}[found]
    if isinstance(found, Atom):
        return f":{found.name}"
    return f'"{found}"' if isinstance(found, str) else found.name if isinstance(found, Module) else str(found)


def _frozen(said: Said) -> object:
    if isinstance(said, dict):
        return ("map", tuple(sorted(((str(key), _frozen(one)) for key, one in said.items()), key=str)))
    if isinstance(said, list | tuple):
        return (type(said).__name__, tuple(_frozen(one) for one in said))
    return said.source if isinstance(said, AtRunTime) else said
