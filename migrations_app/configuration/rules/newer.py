"""On the way down: keys that older releases do not know."""

from collections.abc import Iterator

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Blocked, Change, Ground
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.values import Atom, Literal, Sequence, Table, Value

STRICT = ("strict_queue", "strict_fail_fast")


def _nothing(ground: Ground) -> Iterator[Change]:
    yield from ()


def _affinity(ground: Ground) -> Iterator[Blocked]:
    for setting in (*ground.of("affinity"), *ground.of("pool_config"), *ground.of("pools")):
        for value in _affinities(setting.key, setting.value):
            literal = value.value if isinstance(value, Literal) else None
            name = literal.name if isinstance(literal, Atom) else str(literal).lower()
            if name in STRICT:
                why = f"sessions rely on :{name}, and before 0.10.0 a busy worker's session goes to another one"
                yield Blocked(setting.key, value.span, why)


def _affinities(key: str, value: Value) -> Iterator[Value]:
    tables = [value] if isinstance(value, Table) else list(value.items) if isinstance(value, Sequence) else []
    if key == "affinity":
        yield value
    for table in tables:
        entry = table.get("affinity") if isinstance(table, Table) else None
        if entry is not None:
            yield entry.value


def _threads(ground: Ground) -> Iterator[Blocked]:
    for setting in ground.of("pool_config"):
        entry = setting.value.get("worker_profile") if isinstance(setting.value, Table) else None
        if entry is not None and isinstance(entry.value, Literal) and entry.value.value == Atom("thread"):
            why = "workers have threads, and before 0.12.0 `pool_config` cannot say so"
            yield Blocked("pool_config.worker_profile", entry.span, why)


RULES = (
    Rule(
        "strict-affinity",
        "0.10.0",
        Manner.WARN,
        "strict affinity has no counterpart before",
        "Before 0.10.0 a session's worker is a hint.",
        _nothing,
        WayBack.RULE,
        _affinity,
    ),
    Rule(
        "threads-of-the-pool",
        "0.12.0",
        Manner.WARN,
        "threads have no counterpart in `pool_config` before",
        "Before 0.12.0 only `pools` can have threads.",
        _nothing,
        WayBack.RULE,
        _threads,
    ),
)
