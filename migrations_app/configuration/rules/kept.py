"""Defaults that changed: what held in silence is written down, so that it goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrations_app.configuration.document import Setting
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Change, Ground
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.values import Atom, Literal, Table
from migrations_app.snakepit.versions import Version

Held = Callable[[Ground], bool]


@dataclass(frozen=True, slots=True)
class Kept:
    """A flat key and the value that held without it."""

    key: str
    value: Atom | int


def _kept(name: str, version: str, title: str, reason: str, *keys: Kept) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        yield from _written(ground, keys, reason)

    return Rule(name, version, Manner.AUTOMATIC, title, reason, forward)


def _written(ground: Ground, keys: tuple[Kept, ...], reason: str) -> Iterator[Change]:
    """What has no place that fits is left to a person."""
    pooling = ground.pooling()
    for kept in keys:
        lacking = ground.lacking(kept.key, pooling)
        anchor = ground.anchor(kept.key, lacking) if lacking else None
        if anchor is not None:
            yield Change(kept.key, anchor.span, ground.insert(anchor, kept.key, kept.value))
        elif lacking:
            said = f":{kept.value.name}" if isinstance(kept.value, Atom) else f"{kept.value}"
            place = ground.of("pooling_enabled")[0]
            manual = (
                f"{reason} No place here fits all of {', '.join(lacking)}: set `{kept.key}` to {said} there to keep it."
            )
            yield Change(kept.key, place.key_span, reason=manual, manner=Manner.MANUAL)


def _log_level(version: str, level: str, before: str) -> Rule:
    reason = (
        f"Without `log_level` Snakepit logged from :{level} on {before}, and logs less from {version} on. "
        "It is written down to keep the log as it is."
    )

    def forward(ground: Ground) -> Iterator[Change]:
        loud = any(isinstance(one.value, Literal) and one.value.value is False for one in ground.of("library_mode"))
        yield from _written(ground, (Kept("log_level", Atom("info" if loud else level)),), reason)

    title = f"`log_level: :{level}` is written down where none is set"
    return Rule(f"log-level-{version}", version, Manner.AUTOMATIC, title, reason, forward)


def _single_pools(ground: Ground) -> Iterator[tuple[Setting, Table]]:
    """Where a single pool may start that is not written as one of `pools`."""
    for setting in ground.of("pool_config"):
        if isinstance(setting.value, Table) and ground.pooling() and not ground.of("pools"):
            yield setting, setting.value


def _above(table: Table, limit: int) -> bool:
    """Whether a pool may have more workers. Twice the schedulers may be anything."""
    size = table.get("pool_size")
    literal = size.value.value if size is not None and isinstance(size.value, Literal) else None
    return literal > limit if isinstance(literal, int) else True


def _in_pool(version: str, held: Held, key: str, value: int, limit: int, reason: str) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        if not held(ground):
            return
        for setting, table in _single_pools(ground):
            if table.entries and table.get(key) is None and _above(table, limit):
                yield Change(f"pool_config.{key}", setting.span, ground.insert(table, key, value))

    title = f"`pool_config.{key}: {value}` is written down for a pool that may have more than {limit} workers"
    return Rule(f"{key.replace('_', '-')}-{version}", version, Manner.AUTOMATIC, title, reason, forward)


def _first_sizes(ground: Ground) -> bool:
    """0.13.0 has the numbers of 0.5.1 again, so nothing needs to be written down on the way from there to here."""
    return ground.origin >= Version("0.5.1") and ground.to < Version("0.13.0")


def _second_sizes(ground: Ground) -> bool:
    return ground.origin >= Version("0.6.0")


FIRST = "Workers were started 10 at a time, 500 ms apart, where nothing is set; from 0.6.0 on 8 and 750 ms."
SECOND = "Workers were started 8 at a time, 750 ms apart, where nothing is set; from 0.13.0 on 10 and 500 ms."
MOST = "A pool by `pool_config` could have 1000 workers; from 0.13.0 on more than 150 are cut off where nothing is set."

RULES = (
    _log_level("0.7.6", "info", "up to 0.7.5"),
    _log_level("0.8.1", "warning", "from 0.7.6 to 0.8.0"),
    _kept(
        "timeouts",
        "0.8.8",
        "the timeouts of before 0.8.8 are written down where none are set",
        "Timeouts that are not set are much longer from 0.8.8 on. What held before is written down; delete it, or set "
        "`timeout_profile`, if the new ones shall hold.",
        Kept("pool_request_timeout", 60_000),
        Kept("pool_streaming_timeout", 300_000),
        Kept("pool_queue_timeout", 5_000),
        Kept("checkout_timeout", 5_000),
        Kept("default_command_timeout", 30_000),
        Kept("grpc_command_timeout", 30_000),
        Kept("grpc_worker_execute_timeout", 30_000),
    ),
    _kept(
        "stream-timeouts",
        "0.9.1",
        "the stream and client timeouts of before 0.9.1 are written down where none are set",
        "A worker's stream and a client's call had fixed timeouts up to 0.9.0; from 0.9.1 on they follow "
        "`timeout_profile`. What held before is written down.",
        Kept("grpc_worker_stream_timeout", 300_000),
        Kept("grpc_client_execute_timeout", 30_000),
    ),
    _in_pool("0.6.0", _first_sizes, "startup_batch_size", 10, 8, FIRST),
    _in_pool("0.6.0", _first_sizes, "startup_batch_delay_ms", 500, 8, FIRST),
    _in_pool("0.13.0", _second_sizes, "max_workers", 1000, 150, MOST),
    _in_pool("0.13.0", _second_sizes, "startup_batch_size", 8, 8, SECOND),
    _in_pool("0.13.0", _second_sizes, "startup_batch_delay_ms", 750, 8, SECOND),
)
