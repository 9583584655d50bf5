"""Keys that a README, a guide, an example or a plan names, and that no release has ever read."""

from migrations_app.configuration.schema.keys import never

_UNREAD = "no release has ever read it"
_PLANNED = "it stands in a plan of a release that never came; nothing reads it"

KEYS = (
    never(
        "adapter_args",
        "the README shows it at the top level, but no release reads it there: workers run the showcase adapter instead",
        "Move it into `pool_config` or a pool; from then on your own adapter runs.",
    ),
    never("python_runtime", "a guide shows it, but no release has ever read it", "See `python`."),
    never("circuit_breaker", _UNREAD, "Set the flat `circuit_breaker_*` keys."),
    never("python_adapter", _UNREAD, "Name the adapter in `adapter_args` of `pool_config` or of a pool."),
    never("python_path", _UNREAD, "Set PYTHONPATH in `adapter_env` of a pool."),
    never("grpc_timeout", _UNREAD, "Set `pool_request_timeout` and `grpc_command_timeout`."),
    never("python_timeout", _UNREAD, "Set `grpc_worker_execute_timeout`."),
    never("protocol_negotiation", _UNREAD, "Delete it."),
    never("enable_process_registry", _UNREAD, "Delete it; the registry is always on."),
    never("enable_application_cleanup", _UNREAD, "Delete it; see `cleanup_on_stop`."),
    never("health_check_interval", _UNREAD, "Set `grpc_worker_health_check_interval`."),
    never("session_config", _UNREAD, "Set `session_default_ttl` and the other `session_*` keys."),
    never(
        "circuit_breaker_reset_timeout",
        "a comment in Snakepit names it, but what is read ends in `_ms`",
        "Name it `circuit_breaker_reset_timeout_ms`.",
    ),
    *(
        never(name, _PLANNED, "Delete it.")
        for name in (
            "generic_adapter",
            "session_adapter",
            "horde_registry",
            "horde_supervisor",
            "migration",
            "health_check",
            "chaos_testing",
            "shared_memory",
        )
    ),
)
