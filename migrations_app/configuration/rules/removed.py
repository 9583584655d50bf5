"""Keys that are read no longer, and keys that have another name since."""

from collections.abc import Iterator

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Change, Ground
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.values import Literal, Table
from migrations_app.snakepit.versions import Version


def _removed(name: str, version: str, title: str, reason: str, *keys: str) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        for key in keys:
            for setting in ground.of(key):
                yield Change(key, setting.span, ground.remove(setting))

    return Rule(name, version, Manner.AUTOMATIC, title, reason, forward, WayBack.SNAPSHOT, leftovers=True)


def _removed_within(name: str, version: str, title: str, reason: str, key: str, *names: str) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        for setting in ground.of(key):
            for name in names:
                entry = setting.value.get(name) if isinstance(setting.value, Table) else None
                if entry is not None:
                    yield Change(f"{key}.{name}", entry.span, ground.remove(entry))

    return Rule(name, version, Manner.AUTOMATIC, title, reason, forward, WayBack.SNAPSHOT, leftovers=True)


def _renamed(old: str, new: str, version: str, reason: str, *, back_to: str = "0.3.0") -> Rule:
    """`back_to`: the oldest release that reads the old name; below it the key stays, and is said to have no effect."""

    def rename(ground: Ground, before: str, after: str) -> Iterator[Change]:
        places = ground.of(before)
        if places and not ground.of(after):
            wishes = tuple(wish for place in places for wish in ground.rename(place, after))
            yield Change(before, places[0].key_span, wishes)
        elif places:
            both = f"`{before}` and `{after}` are both set. Keep one of them, under the name `{after}`."
            yield Change(before, places[0].key_span, reason=both, manner=Manner.MANUAL)

    def forward(ground: Ground) -> Iterator[Change]:
        yield from rename(ground, old, new)

    def back(ground: Ground) -> Iterator[Change]:
        if ground.to >= Version(back_to):
            yield from rename(ground, new, old)

    title = f"`{old}` becomes `{new}`"
    return Rule(f"renamed-{old}", version, Manner.AUTOMATIC, title, reason, forward, WayBack.RULE, back)


def _base_port(ground: Ground) -> Iterator[Change]:
    """Only where the key still works: 0.4.0 to 0.5.0."""
    if ground.to >= Version("0.5.1"):
        return
    for setting in ground.of("grpc_config"):
        entry = setting.value.get("base_port") if isinstance(setting.value, Table) else None
        if entry is not None and isinstance(entry.value, Literal) and entry.value.value == 50051:
            yield Change("grpc_config.base_port", entry.span, ground.replace(entry.value, 50052))


RULES = (
    _removed(
        "wire-protocol",
        "0.4.0",
        "`wire_protocol` is deleted",
        "Elixir and Python speak gRPC since 0.4.0; there is no other protocol to choose, and nothing reads the key.",
        "wire_protocol",
    ),
    _removed(
        "old-worker-keys",
        "0.4.0",
        "`worker_init_timeout`, `worker_health_check_interval` and `worker_shutdown_grace_period` are deleted",
        "It belonged to the workers of before 0.4.0; nothing has read it since.",
        "worker_init_timeout",
        "worker_health_check_interval",
        "worker_shutdown_grace_period",
    ),
    Rule(
        "base-port",
        "0.4.0",
        Manner.AUTOMATIC,
        "workers' ports begin at 50052",
        "The Elixir server takes port 50051 since 0.4.0, so that the first worker would find it in use.",
        _base_port,
    ),
    _removed(
        "grpc-config",
        "0.5.1",
        "`grpc_config` is deleted",
        "The operating system gives workers their ports since 0.5.1; nothing starts by these any more.",
        "grpc_config",
    ),
    _removed_within(
        "session-programs",
        "0.7.2",
        "quotas of programs are deleted",
        "Sessions keep no programs since 0.7.2; their quotas are read no longer.",
        "session_store",
        "max_programs_per_session",
        "max_global_programs",
    ),
    _renamed(
        "cleanup_retry_interval",
        "cleanup_retry_interval_ms",
        "0.7.6",
        "The key has its unit in its name since 0.7.6; under the old one it has no effect.",
    ),
    _removed_within(
        "installer",
        "0.8.9",
        "`python_packages.installer` is deleted",
        "Packages are installed by uv alone since 0.8.9, whatever is written here. uv must be on every machine.",
        "python_packages",
        "installer",
    ),
    _renamed(
        "config_default_batch_size",
        "pool_startup_batch_size",
        "0.13.0",
        "Nothing calls the reader of the old key any more since 0.13.0.",
        back_to="0.8.8",
    ),
    _renamed(
        "config_default_batch_delay",
        "pool_startup_batch_delay_ms",
        "0.13.0",
        "Nothing calls the reader of the old key any more since 0.13.0.",
        back_to="0.8.8",
    ),
)
