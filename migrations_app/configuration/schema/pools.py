"""Keys of pools, their sizes and adapters (lib/snakepit: config.ex, pool/pool.ex, adapters/grpc_python.ex)."""

from dataclasses import replace

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema.keys import Key, flag, never
from migrations_app.configuration.schema.kinds import (
    Environment,
    Lifetime,
    ListOf,
    ModuleName,
    Name,
    Number,
    OneOf,
    TableOf,
    Text,
)
from migrations_app.configuration.values import Form

REFUSED_POOL = "Snakepit refuses the pool, and with it the start"
ARGUMENTS = ListOf(Text(), "texts")
AFFINITY = OneOf(("hint", "strict_queue", "strict_fail_fast"), texts=True)
STRATEGY = OneOf(("pool", "profile", "hybrid"))
DROPPED = "of what `pool_config` says, sizes, batches and `adapter_args` alone are read; this is dropped without a word"
DROPPED_FIX = "Delete it, write a pool of `pools` instead, or go to Snakepit 0.12.0 or newer."

HEARTBEAT = TableOf(
    (
        Key("enabled", OneOf(flags=True), "0.6.1", "false", "Whether workers are asked for a sign of life.", "0.6.3"),
        Key("enabled", OneOf(flags=True), "0.6.3", "true", "Whether workers are asked for a sign of life."),
        Key("ping_interval_ms", Number(), "0.6.1", "2000", "Milliseconds between two questions."),
        Key("timeout_ms", Number(), "0.6.1", "10000", "Milliseconds until an answer counts as missed."),
        Key("max_missed_heartbeats", Number(), "0.6.1", "3", "Missed answers after which a worker counts as dead."),
        Key("initial_delay_ms", Number(0), "0.6.1", "0", "Milliseconds before the first question."),
        flag("dependent", "0.6.3", True, "Whether the Python process ends when the other side stays silent."),
    ),
    frozenset({Form.MAP}),
    "A keyword list is ignored here without a word, so that the defaults hold.",
    Severity.WARNING,
)

BATCHES = (
    Key("max_workers", Number(), "0.5.1", "150", "Most workers of the pool; what is above is cut off.", "0.6.0"),
    Key("max_workers", Number(), "0.6.0", "1000", "Most workers of the pool; what is above is cut off.", "0.13.0"),
    Key("max_workers", Number(), "0.13.0", "150", "Most workers of the pool; what is above is cut off."),
    Key("startup_batch_size", Number(), "0.5.1", "10", "Workers that are started at a time.", "0.6.0"),
    Key("startup_batch_size", Number(), "0.6.0", "8", "Workers that are started at a time.", "0.13.0"),
    Key("startup_batch_size", Number(), "0.13.0", "10", "Workers that are started at a time."),
    Key("startup_batch_delay_ms", Number(0), "0.5.1", "500", "Milliseconds between two such batches.", "0.6.0"),
    Key("startup_batch_delay_ms", Number(0), "0.6.0", "750", "Milliseconds between two such batches.", "0.13.0"),
    Key("startup_batch_delay_ms", Number(0), "0.13.0", "500", "Milliseconds between two such batches."),
)

_NAME = Key("name", Name(), "0.6.0", "", "The pool's name; the first pool is the one of calls that name none.")
_PROFILE = Key(
    "worker_profile",
    OneOf(("process", "thread")),
    "0.6.0",
    ":process",
    "One process a worker, or one with threads.",
    otherwise=f"{REFUSED_POOL} (:invalid_profile).",
)
_LIFE = (
    Key(
        "worker_ttl",
        Lifetime(),
        "0.6.0",
        ":infinity",
        "Age at which a worker is replaced.",
        otherwise=f"{REFUSED_POOL} (:invalid_worker_ttl; `:days` stands in an example and never worked).",
    ),
    Key(
        "worker_max_requests",
        Number(infinity=True),
        "0.6.0",
        ":infinity",
        "Requests after which a worker is replaced.",
        otherwise=f"{REFUSED_POOL} (:invalid_worker_max_requests).",
    ),
    Key(
        "memory_threshold_mb",
        Number(),
        "0.6.0",
        "nil",
        "Memory above which a worker is replaced.",
        "0.6.8",
        "it stands in the documentation, but nothing reads it before 0.6.8",
    ),
    Key("memory_threshold_mb", Number(), "0.6.8", "nil", "Memory in MB above which a worker is replaced."),
)
_THREADS = (
    Key("threads_per_worker", Number(), "0.6.0", "10", "Threads of a worker with the profile :thread."),
    flag("thread_safety_checks", "0.6.0", False, "Checks of a worker with the profile :thread while it runs."),
    Key("adapter_spec", Text(nothing=True), "0.6.0", "nil", "Python adapter; the profile :thread alone reads it."),
    Key(
        "capacity_strategy",
        STRATEGY,
        "0.7.0",
        ":pool",
        "What a pool counts as its capacity.",
        otherwise=f"{REFUSED_POOL}.",
    ),
    Key(
        "affinity",
        AFFINITY,
        "0.10.0",
        ":hint",
        "What becomes of a call whose session's worker is busy.",
        otherwise=f"{REFUSED_POOL} (:invalid_affinity).",
    ),
    Key("crash_barrier", TableOf(open=True), "0.7.4", "", "What differs from the top-level `crash_barrier`."),
)

POOL = (
    replace(_NAME, needed=True, otherwise="A pool of such a name cannot be called by an atom."),
    _PROFILE,
    Key(
        "pool_size",
        Number(),
        "0.6.0",
        "schedulers * 2",
        "Workers.",
        "0.7.7",
        "a pool's own size is not obeyed before 0.7.7; every pool gets the size of `pool_config`",
        "Set the size in `pool_config`, or go to Snakepit 0.7.7 or newer.",
    ),
    Key(
        "pool_size",
        Number(),
        "0.7.7",
        "schedulers * 2",
        "Workers.",
        otherwise=f"{REFUSED_POOL} (:invalid_pool_size).",
    ),
    Key("adapter_module", ModuleName(), "0.6.0", "the top-level one", "The adapter."),
    Key("adapter_args", ARGUMENTS, "0.6.0", "[]", "Arguments of the Python process; none: those of `pool_config`."),
    Key("adapter_env", Environment(), "0.6.0", "[]", "Environment of the Python process."),
    *_LIFE,
    *_THREADS,
    Key("max_workers", Number(), "0.6.0", "150", "Most workers of the pool; what is above is cut off."),
    *(key for key in BATCHES if key.until != "0.6.0" and key.name != "max_workers"),
    Key("heartbeat", HEARTBEAT, "0.6.1", "", "What differs from the top-level `heartbeat`."),
    Key("pool_identifier", Name(), "0.6.0", "nil", "A label of the pool in logs and telemetry."),
    never("size", "no release reads it", "Name it `pool_size`."),
    never("adapter", "no release reads it", "Name it `adapter_module`."),
    never("max_overflow", "no release has overflow workers", "Delete it; raise `pool_size` if more are needed."),
    never("strategy", "no release reads it", "Delete it."),
)


def _whole(key: Key) -> tuple[Key, ...]:
    """A pool's key as `pool_config` knows it: merged whole since 0.12.0, dropped before."""
    dropped = replace(key, since="0.6.0", until="0.12.0", idle=DROPPED, instead=DROPPED_FIX, needed=False)
    return dropped, replace(key, since="0.12.0", until="", idle="", instead="", needed=False)


POOL_CONFIG = (
    Key(
        "pool_size",
        Number(),
        "0.1.1",
        "schedulers * 2",
        "Workers.",
        "0.12.0",
        otherwise="Nothing checks it: the pool starts with it as it is, and fails.",
    ),
    Key(
        "pool_size",
        Number(),
        "0.12.0",
        "schedulers * 2",
        "Workers, where the top-level `pool_size` is not set.",
        otherwise="Snakepit refuses to start (:invalid_pool_size).",
    ),
    Key("adapter_args", ARGUMENTS, "0.4.0", "the showcase adapter", "Arguments of the Python process."),
    *BATCHES,
    Key("affinity", AFFINITY, "0.10.0", ":hint", "Wins over the top-level `affinity`.", otherwise=f"{REFUSED_POOL}."),
    *_whole(Key("adapter_env", Environment(), "0.12.0", "[]", "Environment of the Python process.")),
    *_whole(_NAME),
    *_whole(_PROFILE),
    *_whole(Key("adapter_module", ModuleName(), "0.12.0", "the top-level one", "The adapter.")),
    *(
        part
        for key in (*_LIFE, *_THREADS, Key("heartbeat", HEARTBEAT, "0.6.1", "", "As a pool's."))
        if not key.idle and key.name != "affinity"
        for part in _whole(key)
    ),
    never("startup_timeout", "no release reads it", "Set the top-level `pool_startup_timeout`."),
    never("worker_restart_delay", "no release reads it", "Delete it."),
    never("max_overflow", "no release has overflow workers", "Delete it; raise `pool_size` if more are needed."),
    never("strategy", "no release reads it", "Delete it."),
)

KEYS = (
    flag("pooling_enabled", "0.1.1", False, "Whether anything starts. False in the code of every release."),
    Key("adapter_module", ModuleName(), "0.1.1", "nil", "The adapter; streaming calls look at this key alone."),
    Key(
        "pool_size",
        Number(),
        "0.6.0",
        "schedulers * 2",
        "Workers.",
        "0.13.0",
        "up to 0.12.0 the pool takes the size of `pool_config` (or twice the schedulers) and never this one",
        "Set `pool_config.pool_size`.",
    ),
    Key(
        "pool_size",
        Number(),
        "0.13.0",
        "default_pool_size",
        "Workers; wins over `pool_config.pool_size`.",
        otherwise="Snakepit passes over it without a word, and takes `pool_config.pool_size` or `default_pool_size`.",
        harm=Severity.WARNING,
    ),
    Key(
        "pool_config",
        TableOf(POOL_CONFIG, frozenset({Form.MAP}), "A keyword list crashes the start with BadMapError."),
        "0.1.1",
        "%{}",
        "The only pool, where `pools` is not set; beside it, what pools leave open.",
        otherwise="The start crashes with BadMapError.",
    ),
    Key(
        "pools",
        ListOf(
            TableOf(POOL, frozenset({Form.MAP}), "A pool written as a keyword list is refused: :validation_failed."),
            "maps",
        ),
        "0.6.0",
        "nil",
        "Several pools.",
        otherwise="Snakepit answers {:error, {:invalid_pools_config, _}}.",
    ),
    Key(
        "capacity_strategy",
        STRATEGY,
        "0.7.0",
        ":pool",
        "For pools that set none.",
        otherwise="`:pool` is taken.",
        harm=Severity.WARNING,
    ),
    Key("default_capacity_strategy", STRATEGY, "0.8.8", ":pool", "What `capacity_strategy` falls back to."),
    Key(
        "affinity",
        AFFINITY,
        "0.10.0",
        ":hint",
        "What becomes of a call whose session's worker is busy, in pools that set none.",
        otherwise="Nothing checks it at the start; it reaches the pool as it is.",
    ),
    Key("default_pool_size", Number(), "0.8.8", "schedulers * 2", "What a pool without a size gets."),
    Key("default_worker_profile", OneOf(("process", "thread")), "0.8.8", ":process", "For pools that set none."),
    Key("pool_max_workers", Number(), "0.8.8", "150", "Most workers of a pool that sets no `max_workers`."),
    Key("pool_startup_batch_size", Number(), "0.8.8", "10", "Workers started at a time, where a pool sets none."),
    Key("pool_startup_batch_delay_ms", Number(0), "0.8.8", "500", "Milliseconds between batches, where none is set."),
    Key("pool_max_queue_size", Number(), "0.1.1", "1000", "Calls that may wait."),
    Key("pool_max_cancelled_entries", Number(), "0.8.8", "1024", "Cancelled calls that are remembered."),
    Key("pool_cancelled_retention_multiplier", Number(), "0.8.8", "4", "How long, in queue timeouts."),
    Key("pool_reconcile_interval_ms", Number(0), "0.9.1", "1000", "How often missing workers are refilled; 0: never."),
    Key("pool_reconcile_batch_size", Number(), "0.9.1", "2", "Workers refilled at a time."),
    Key("config_default_threads_per_worker", Number(), "0.8.8", "10", "For pools that set no `threads_per_worker`."),
    Key(
        "config_default_batch_size",
        Number(),
        "0.8.8",
        "8",
        "`startup_batch_size` where none is set.",
        "0.13.0",
        gone="Its reader is still there and nothing calls it; set `pool_startup_batch_size`.",
    ),
    Key(
        "config_default_batch_delay",
        Number(0),
        "0.8.8",
        "750",
        "`startup_batch_delay_ms` where none is set.",
        "0.13.0",
        gone="Its reader is still there and nothing calls it; set `pool_startup_batch_delay_ms`.",
    ),
    Key("test_mode", OneOf(flags=True), "0.4.0", "false", "For Snakepit's own tests."),
)
