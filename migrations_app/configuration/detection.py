"""Which releases of Snakepit a configuration was written for, and what in it says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.schema import adapters, pools
from migrations_app.configuration.schema.judge import KEYS
from migrations_app.configuration.schema.keys import Key, stages
from migrations_app.configuration.schema.kinds import TableOf
from migrations_app.configuration.values import Form, Sequence, Span, Table
from migrations_app.snakepit.versions import Version, releases

# Documentation and examples show these for releases that never read them.
UNTELLING = frozenset({"pool_size", "pool_config.max_workers"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place that speaks for releases `since` to `until` (excluded, None: until today).

    `leftover`: it speaks for releases that newer evidence rules out. Such a key has no effect any more and is often
    forgotten, while a key that does not exist yet is hardly ever written.
    """

    key: str
    says: str
    since: Version
    until: Version | None
    span: Span
    leftover: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """The releases that are possible, oldest first, and the evidence in the order of the configuration."""

    possible: tuple[Version, ...]
    evidence: tuple[Evidence, ...]

    @property
    def certain(self) -> bool:
        return len(self.possible) == 1

    @property
    def summary(self) -> str:
        oldest, newest = self.possible[0], self.possible[-1]
        if self.certain:
            return f"It was written for Snakepit {newest}."
        telling = [one for one in self.evidence if not one.leftover]
        why = "nothing in it tells them apart" if telling else "no key in it tells any release from another"
        return (
            f"It fits Snakepit {oldest} to {newest}: {why}. "
            "Say which one it runs on; the newest is not taken for granted."
        )


def detect(configuration: Configuration) -> Detection:
    found = tuple(_evidence(configuration))
    oldest = max((one.since for one in found), default=releases()[0])
    ends = [one.until for one in found if one.until is not None and one.until > oldest]
    end = min(ends, default=None)
    possible = tuple(one for one in releases() if oldest <= one and (end is None or one < end))
    judged = tuple(
        Evidence(one.key, one.says, one.since, one.until, one.span, one.until is not None and one.until <= oldest)
        for one in found
    )
    return Detection(possible, judged)


def _evidence(configuration: Configuration) -> Iterator[Evidence]:
    for setting in configuration.settings:
        if _keyword_pools(setting):
            says = "`pools` as a keyword list was never read, and is refused from 0.6.0 on"
            yield Evidence("pools", says, releases()[0], Version("0.6.0"), setting.key_span)
        else:
            yield from _of_key(KEYS, setting.key, setting.key, setting.key_span)
        yield from _within(setting)
    for named in adapters.modules(configuration):
        for one in adapters.MODULES:
            if one.name == named.name:
                since = "0.4.0" if one.until == "0.4.2" else "0.3.0"
                says = f"{named.name} is there up to {_before(one.until)}"
                yield Evidence(named.key, says, Version(since), Version(one.until), named.value.span)
    for named in adapters.classes(configuration):
        if named.name.startswith("snakepit_bridge.adapters.showcase."):
            says = "the showcase adapter is there from 0.4.0 on"
            yield Evidence(named.key, says, Version("0.4.0"), None, named.value.span)
        for one in adapters.PYTHON_CLASSES:
            if named.name.startswith(one.name):
                says = f"{one.name.rstrip('.')} is there up to {_before(one.until)}"
                yield Evidence(named.key, says, releases()[0], Version(one.until), named.value.span)


def _of_key(keys: tuple[Key, ...], name: str, path: str, span: Span) -> Iterator[Evidence]:
    """A key speaks for the releases that know it; one that is idle all its life for none."""
    known = stages(keys, name)
    if path in UNTELLING or all(key.idle for key in known):
        return
    first, last = known[0], known[-1]
    since = max(Version(first.since), releases()[0])
    until = Version(last.until) if last.until else None
    if since > releases()[0] or until is not None:
        ends = f" to {_before(last.until)}" if last.until else " on"
        yield Evidence(path, f"`{path}` is known from {since}{ends}", since, until, span)


def _within(setting: Setting) -> Iterator[Evidence]:
    kind = next((key.kind for key in KEYS if key.name == setting.key), None)
    tables: list[tuple[str, Table, tuple[Key, ...]]] = []
    if isinstance(kind, TableOf) and isinstance(setting.value, Table):
        tables = [(setting.key, setting.value, kind.keys)]
    elif setting.key == "pools" and isinstance(setting.value, Sequence):
        tables = [
            (f"pools.{number}", pool, pools.POOL)
            for number, pool in enumerate(setting.value.items)
            if isinstance(pool, Table)
        ]
    for path, table, keys in tables:
        for entry in table.entries:
            # What `pool_config` dropped for years stands there in configurations of those years.
            if path != "pool_config" or entry.name not in _DROPPED:
                yield from _of_key(keys, entry.name, f"{path}.{entry.name}", entry.key.span)


_DROPPED = frozenset(key.name for key in pools.POOL_CONFIG if key.idle == pools.DROPPED)


def _keyword_pools(setting: Setting) -> bool:
    return setting.key == "pools" and isinstance(setting.value, Table) and setting.value.form is Form.KEYWORD


def _before(until: str) -> Version:
    """The last release before."""
    return [one for one in releases() if one < Version(until)][-1]
