"""The one interpreter of the key tables: a value against the key it stands under, at one release."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.schema import blocks, dead, grpc, pools, timeouts
from migrations_app.configuration.schema.keys import Key, living, stages
from migrations_app.configuration.schema.kinds import Either, Kind, ListOf, TableOf
from migrations_app.configuration.values import Entry, Expression, Form, Span, Table, Value
from migrations_app.configuration.values import Sequence as Items
from migrations_app.snakepit.versions import Version

KEYS: tuple[Key, ...] = (*pools.KEYS, *grpc.KEYS, *timeouts.KEYS, *blocks.KEYS, *dead.KEYS)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Judge:
    """Every problem of a configuration's values at `at`, each place by itself."""

    configuration: Configuration
    at: Version

    def setting(self, setting: Setting) -> Iterator[ConfigProblem]:
        yield from self._key(KEYS, setting.key, setting.key, setting.value, setting.key_span, "")

    def _key(
        self, keys: Sequence[Key], name: str, path: str, value: Value, place: Span, within: str
    ) -> Iterator[ConfigProblem]:
        known = stages(keys, name)
        key = living(keys, name, self.at)
        if not known:
            yield self._unknown(keys, name, path, place, within)
        elif key is None:
            yield self._out_of_time(known, path, place)
        elif key.idle:
            code = "never-read" if all(stage.idle for stage in known) else "no-effect"
            message = f"`{path}` has no effect in Snakepit {self.at}: {key.idle}."
            yield ConfigProblem(code, Severity.WARNING, path, message, key.instead, place)
        else:
            yield from self._value(key, key.kind, path, value)

    def _value(self, key: Key, kind: Kind, path: str, value: Value) -> Iterator[ConfigProblem]:
        if isinstance(value, Expression):
            yield self._at_run_time(path, value)
        elif isinstance(kind, Either):
            fitting = [one for one in kind.kinds if one.accepts(value) and not isinstance(one, ListOf | TableOf)]
            if not fitting:
                yield from self._value(key, kind.kinds[-1], path, value)
        elif isinstance(kind, TableOf):
            yield from self._table(key, kind, path, value)
        elif isinstance(kind, ListOf):
            yield from self._list(key, kind, path, value)
        elif not kind.accepts(value):
            yield self._wrong(key, kind, path, value)

    def _table(self, key: Key, kind: TableOf, path: str, value: Value) -> Iterator[ConfigProblem]:
        if isinstance(value, Items) and not value.items and Form.KEYWORD in kind.forms:
            return
        if not isinstance(value, Table):
            yield self._wrong(key, kind, path, value, form=isinstance(value, Items) and not value.items)
            return
        if value.form not in kind.forms:
            yield self._form(kind, path, value)
        yield from self._twice(path, value)
        if not kind.open:
            for entry in value.entries:
                yield from self._key(kind.keys, entry.name, f"{path}.{entry.name}", entry.value, entry.key.span, path)
        for needed in kind.keys:
            if needed.needed and needed.lives_at(self.at) and value.get(needed.name) is None:
                message = f"`{path}` has no `{needed.name}`; Snakepit {self.at} refuses to start without it."
                fix = f"Add `{needed.name}`, {needed.kind.says}."
                yield ConfigProblem("missing-key", Severity.ERROR, path, message, fix, value.span)

    def _list(self, key: Key, kind: ListOf, path: str, value: Value) -> Iterator[ConfigProblem]:
        if isinstance(value, Items) and value.form is Form.LIST:
            for number, item in enumerate(value.items):
                yield from self._value(key, kind.item, f"{path}.{number}", item)
        elif isinstance(value, Table) and value.form is Form.KEYWORD and isinstance(kind.item, TableOf):
            for entry in value.entries:
                message = f"`{path}.{entry.name}` is an entry of a keyword list. {kind.item.refused}"
                fix = f"Write it as a map of the list: %{{name: :{entry.name}, ...}}."
                yield ConfigProblem("wrong-form", kind.item.harm, f"{path}.{entry.name}", message, fix, entry.key.span)
        else:
            yield self._wrong(key, kind, path, value)

    def _twice(self, path: str, table: Table) -> Iterator[ConfigProblem]:
        seen: dict[str, Entry] = {}
        for entry in table.entries:
            if entry.name in seen:
                holds = "the last one" if table.form is Form.MAP else "the first one"
                message = f"`{path}.{entry.name}` is given twice here; {holds} holds."
                fix = "Keep one of them."
                span = entry.key.span
                yield ConfigProblem("given-twice", Severity.WARNING, f"{path}.{entry.name}", message, fix, span)
            seen[entry.name] = entry

    def _form(self, kind: TableOf, path: str, table: Table) -> ConfigProblem:
        found = "a map" if table.form is Form.MAP else "a keyword list"
        right = "%{...}" if Form.MAP in kind.forms else "[...]"
        message = f"`{path}` is {found}; Snakepit {self.at} wants {kind.says}. {kind.refused}"
        return ConfigProblem("wrong-form", kind.harm, path, message, f"Write it as {right}.", table.span)

    def _wrong(self, key: Key, kind: Kind, path: str, value: Value, *, form: bool = False) -> ConfigProblem:
        refused = kind.refused if form and isinstance(kind, TableOf) else ""
        harm = kind.harm if form and isinstance(kind, TableOf) and refused else key.harm
        message = f"`{path}` is {self.written(value)}; Snakepit {self.at} wants {kind.says}. {refused or key.otherwise}"
        fix = f"Set {kind.says}" + (f"; the default is {key.default}." if key.default else ".")
        return ConfigProblem("wrong-form" if form else "wrong-value", harm, path, message, fix, value.span)

    def _at_run_time(self, path: str, value: Expression) -> ConfigProblem:
        asks = f" (it reads {', '.join(value.variables)})" if value.variables else ""
        message = f"`{path}` is decided at run time{asks}: {self.written(value)}. It is kept as it is written."
        return ConfigProblem("decided-at-run-time", Severity.NOTICE, path, message, "", value.span)

    def _out_of_time(self, known: Sequence[Key], path: str, place: Span) -> ConfigProblem:
        first, last = known[0], known[-1]
        if self.at < Version(first.since):
            message = f"`{path}` has no effect in Snakepit {self.at}: it is read from {first.since} on."
            fix = f"Delete it, or go to Snakepit {first.since} or newer."
            return ConfigProblem("not-yet-read", Severity.WARNING, path, message, fix, place)
        message = f"`{path}` has no effect in Snakepit {self.at}: nothing reads it since {last.until}."
        return ConfigProblem("no-longer-read", Severity.WARNING, path, message, last.gone or "Delete it.", place)

    def _unknown(self, keys: Sequence[Key], name: str, path: str, place: Span, within: str) -> ConfigProblem:
        known = [key.name for key in keys if key.lives_at(self.at) and not key.idle]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        where = f" in `{within}`" if within else ""
        message = f"`{path}` is no key of Snakepit {self.at}{where}; nothing reads it."
        fix = f"Did you mean `{near[0]}`?" if near else "Delete it if it is a leftover; it has no effect."
        return ConfigProblem("unknown-key", Severity.WARNING, path, message, fix, place)

    def written(self, value: Value) -> str:
        """A value as the file has it, shortened."""
        text = " ".join(text_of(self.configuration, value.span).split())
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def text_of(configuration: Configuration, span: Span) -> str:
    file = configuration.files.get(span.file)
    return file.content[span.start : span.end].decode("utf-8", "replace") if file else ""
