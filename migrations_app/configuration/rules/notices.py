"""What behaves differently from a release on though not a byte changes: said once, where it concerns somebody."""

from collections.abc import Callable, Iterator

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Change, Ground
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.values import Atom, Literal, Sequence, Span, Table

Where = Callable[[Ground], Iterator[tuple[str, Span]]]


def _notice(name: str, version: str, title: str, reason: str, where: Where) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        first = next(iter(where(ground)), None)
        if first is not None:
            yield Change(first[0], first[1], reason=reason)

    return Rule(name, version, Manner.WARN, title, reason, forward)


def _has(*keys: str) -> Where:
    def where(ground: Ground) -> Iterator[tuple[str, Span]]:
        for key in keys:
            yield from ((key, setting.key_span) for setting in ground.of(key))

    return where


def _pooling(ground: Ground) -> Iterator[tuple[str, Span]]:
    """Wherever workers start."""
    if ground.pooling():
        yield "pooling_enabled", ground.of("pooling_enabled")[0].key_span


def _pooling_without(key: str, name: str = "") -> Where:
    def where(ground: Ground) -> Iterator[tuple[str, Span]]:
        for environment in ground.pooling():
            given = ground.places.given(key, environment)
            if not given or (name and name not in ground.places.merged(key, environment)):
                yield key, ground.of("pooling_enabled")[0].key_span

    return where


def _asleep(ground: Ground) -> Iterator[tuple[str, Span]]:
    if not ground.of("pooling_enabled"):
        yield from _has("pools", "pool_config")(ground)


def _pools_with(name: str, value: object = None) -> Where:
    def where(ground: Ground) -> Iterator[tuple[str, Span]]:
        for setting in ground.of("pools"):
            pools = setting.value.items if isinstance(setting.value, Sequence) else ()
            for pool in pools:
                entry = pool.get(name) if isinstance(pool, Table) else None
                if entry and (value is None or (isinstance(entry.value, Literal) and entry.value.value == value)):
                    yield f"pools.{name}", entry.span

    return where


RULES = (
    _notice(
        "heartbeat-on",
        "0.6.3",
        "heartbeats are on",
        "Workers are asked for a sign of life from 0.6.3 on, and one that misses three ends. Set "
        "`heartbeat: %{enabled: false}` if that was off on purpose.",
        _pooling_without("heartbeat", "enabled"),
    ),
    _notice(
        "session-quota",
        "0.6.6",
        "sessions have a limit",
        "No more than 10000 sessions are kept from 0.6.6 on; creating another one is an error. Set "
        "`session_store: %{max_sessions: ...}` if there are more.",
        _pooling_without("session_store", "max_sessions"),
    ),
    _notice(
        "pools-are-strict",
        "0.6.8",
        "a pool that is not valid stops the start",
        "Up to 0.6.7 a mistake in `pools` led to a default pool and a warning; from 0.6.8 on it stops the start.",
        _has("pools"),
    ),
    _notice(
        "doctor",
        "0.6.8",
        "the start looks for Python and for leftover processes",
        "From 0.6.8 on the start fails where Python or its gRPC packages are missing, and Python processes of a "
        "former run are ended.",
        _pooling,
    ),
    _notice(
        "thread-safe-adapters",
        "0.6.10",
        "threaded workers want adapters that say they are thread-safe",
        "From 0.6.10 on the threaded Python server refuses an adapter that does not set `__thread_safe__ = True`.",
        _pools_with("worker_profile", Atom("thread")),
    ),
    _notice(
        "pooling-is-asked-for",
        "0.7.1",
        "nothing starts without `pooling_enabled: true`",
        "Pools are configured, and `pooling_enabled` is not set here. It is false in the code of every release, so "
        "nothing starts by this configuration alone. Set it to true if workers shall start.",
        _asleep,
    ),
    _notice(
        "interpreter-order",
        "0.7.6",
        "another Python may be found",
        "From 0.7.6 on the venv of `python_packages` comes before a managed Python, `.venv` and the system's; set "
        "`python_executable` to be sure.",
        _has("python_packages", "python"),
    ),
    _notice(
        "own-sizes",
        "0.7.7",
        "each pool has its own size",
        "A pool's own `pool_size` was ignored up to 0.7.6, where every pool got the size of `pool_config`. From "
        "0.7.7 on it is obeyed, so that the number of workers may jump.",
        _pools_with("pool_size"),
    ),
    _notice(
        "uv",
        "0.8.9",
        "packages are installed by uv",
        "uv installs Python packages from 0.8.9 on, and must be on every machine.",
        _has("python_packages"),
    ),
    _notice(
        "instances",
        "0.10.0",
        "several instances on one machine need names",
        "The registry of processes lies in a file of the instance from 0.10.0 on. Where several run on one machine, "
        "give each an `instance_name` or `instance_token`, or one may end the other's workers.",
        _pooling_without("instance_name"),
    ),
    _notice(
        "python-executable",
        "0.12.0",
        "a Python that is not there is an error",
        "From 0.12.0 on workers do not start with a `python_executable` that is not there; before, another one was "
        "taken.",
        _has("python_executable"),
    ),
    _notice(
        "deprecated",
        "0.13.0",
        "modules behind these keys are deprecated",
        "The module that reads it is deprecated in 0.13.0 and shall go with 0.16.0.",
        _has(
            "health_monitor_check_interval",
            "health_monitor_crash_window_ms",
            "health_monitor_max_crashes",
            "executor_batch_timeout",
            "telemetry_log_level",
        ),
    ),
)
