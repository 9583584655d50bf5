"""What keys say against each other, and where one place of a key replaces another."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.places import Places
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.schema import grpc
from migrations_app.configuration.values import Atom, Form, Literal, Sequence, Table
from migrations_app.snakepit.versions import Version

LISTENER = Version("0.10.0")
POOLS = Version("0.6.0")
TOP_SIZE = Version("0.13.0")
REFUSES = Version("0.6.8")


def contradictions(configuration: Configuration, at: Version) -> Iterator[ConfigProblem]:
    places = Places(configuration)
    yield from _replaced(configuration, places)
    if at >= POOLS:
        yield from _sizes(places, at)
        yield from _leaks(places)
        yield from _pool_names(configuration, at)
    yield from _asleep(places, at)
    if at >= LISTENER:
        yield from _listener(places, at)


def _replaced(configuration: Configuration, places: Places) -> Iterator[ConfigProblem]:
    """A map over anything, or anything over a map, replaces it whole; only keyword lists merge (`Config.__merge__`)."""
    told: set[Setting] = set()
    for environment in configuration.environments:
        for key in dict.fromkeys(setting.key for setting in configuration.settings):
            given = [setting for setting in places.given(key, environment) if isinstance(setting.value, Table)]
            for before, after in pairwise(given):
                lost = _lost(before.value, after.value)
                if lost and after not in told:
                    told.add(after)
                    names = ", ".join(f"`{name}`" for name in lost)
                    message = (
                        f"`{key}` replaces what {before.span.file} line {before.span.line} says of it as a whole, "
                        f"because only two keyword lists merge: {names} of there no longer counts."
                    )
                    fix = "Repeat here what shall still count."
                    yield _problem("replaces-whole", Severity.NOTICE, after, message, fix)


def _lost(before: object, after: object) -> list[str]:
    if not isinstance(before, Table) or not isinstance(after, Table):
        return []
    if before.form is Form.KEYWORD and after.form is Form.KEYWORD:
        return []
    return [entry.name for entry in before.entries if after.get(entry.name) is None]


def _sizes(places: Places, at: Version) -> Iterator[ConfigProblem]:
    for top, pool in places.beside("pool_size", "pool_config"):
        if isinstance(pool.value, Table) and pool.value.get("pool_size"):
            wins = "this one wins" if at >= TOP_SIZE else "the one in `pool_config` wins, and this one has no effect"
            message = f"`pool_size` stands beside `pool_config.pool_size`; in Snakepit {at} {wins}."
            yield _problem("contradiction", Severity.WARNING, top, message, "Keep one of them.")


def _leaks(places: Places) -> Iterator[ConfigProblem]:
    for leak, _ in places.beside("pool_config", "pools"):
        message = "`pool_config` stands beside `pools`: what a pool leaves open is taken from there."
        fix = "Move what shall count into the pools, and delete `pool_config`."
        yield _problem("contradiction", Severity.WARNING, leak, message, fix)


def _pool_names(configuration: Configuration, at: Version) -> Iterator[ConfigProblem]:
    for setting in configuration.of("pools"):
        if not isinstance(setting.value, Sequence):
            continue
        named = [
            entry
            for pool in setting.value.items
            if isinstance(pool, Table) and (entry := pool.get("name")) and isinstance(entry.value, Literal)
        ]
        counts = Counter(entry.value.value for entry in named if isinstance(entry.value, Literal))
        for entry in named[::-1]:
            if isinstance(entry.value, Literal) and counts[entry.value.value] > 1:
                counts[entry.value.value] -= 1
                harm = "refuses to start" if at >= REFUSES else "falls back to a default pool with a warning"
                message = f"Two pools have the name of this one; Snakepit {at} {harm} (:duplicate_pool_names)."
                fix = "Give each pool its own name."
                yield ConfigProblem("contradiction", Severity.ERROR, "pools", message, fix, entry.span)


def _asleep(places: Places, at: Version) -> Iterator[ConfigProblem]:
    """`pooling_enabled` is false in the code of every release, whatever a repository's own files said."""
    told: set[Setting] = set()
    for environment in places.configuration.environments:
        pools = places.standing("pools", environment) if at >= POOLS else None
        found = pools or places.standing("pool_config", environment)
        if found and found not in told and not places.given("pooling_enabled", environment):
            told.add(found)
            message = (
                f"`{found.key}` is set, but `pooling_enabled` is not: no worker starts by this configuration alone."
            )
            yield _problem("pooling-off", Severity.NOTICE, found, message, "Set `pooling_enabled: true` if it shall.")


def _listener(places: Places, at: Version) -> Iterator[ConfigProblem]:
    for port, _ in (*places.beside("grpc_port", "grpc_listener"), *places.beside("grpc_host", "grpc_listener")):
        message = f"`{port.key}` stands beside `grpc_listener`; Snakepit {at} then ignores it."
        yield _problem("contradiction", Severity.WARNING, port, message, "Delete it.")
    told: set[Setting] = set()
    for environment in places.configuration.environments:
        host = places.standing("grpc_host", environment)
        if (
            host
            and host not in told
            and not any(places.given(key, environment) for key in ("grpc_port", "grpc_listener"))
        ):
            told.add(host)
            message = f"`grpc_host` stands alone; Snakepit {at} ignores it without a `grpc_port`."
            fix = "Delete it, or set `grpc_listener`."
            yield _problem("contradiction", Severity.WARNING, host, message, fix)
        yield from _companions(places, environment, told)


def _companions(places: Places, environment: str, told: set[Setting]) -> Iterator[ConfigProblem]:
    listener = places.standing("grpc_listener", environment)
    entries = places.merged("grpc_listener", environment)
    mode = entries.get("mode")
    if listener is None or listener in told or mode is None or not isinstance(mode.value, Literal):
        return
    told.add(listener)
    name = mode.value.value.name if isinstance(mode.value.value, Atom) else str(mode.value.value)
    needed = {"external": ("host", "port"), "external_pool": ("host", "base_port")}.get(name.replace("-", "_"), ())
    for companion in needed:
        if companion not in entries:
            message = f"`grpc_listener` is :{name} and has no `{companion}`. {grpc.FAILS}."
            fix = f"Add `{companion}`, or take the mode :internal."
            yield _problem("missing-companion", Severity.ERROR, listener, message, fix)


def _problem(code: str, severity: Severity, setting: Setting, message: str, suggestion: str) -> ConfigProblem:
    return ConfigProblem(code, severity, setting.key, message, suggestion, setting.key_span)
