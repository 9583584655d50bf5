"""Timeouts, retries and limits: flat keys, most of them since 0.8.8 (lib/snakepit/defaults.ex)."""

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema.keys import SILENT, Key
from migrations_app.configuration.schema.kinds import ListOf, Number, OneOf

PROFILES = ("balanced", "production", "production_strict", "development", "ml_inference", "batch")
DURATION = Number(infinity=True)
_PROFILE = "from timeout_profile"


def _from(since: str, *rows: tuple[str, str, str]) -> tuple[Key, ...]:
    return tuple(
        Key(name, DURATION if default == _PROFILE else Number(), since, default, does) for name, default, does in rows
    )


def _checked(since: str, *rows: tuple[str, str, str]) -> tuple[Key, ...]:
    """Read through a check of 0.13.0 that takes the default for what it does not like."""
    kind = Number(digits=True)
    return tuple(
        Key(name, kind, since, default, does, otherwise=SILENT, harm=Severity.WARNING) for name, default, does in rows
    )


KEYS = (
    Key(
        "timeout_profile",
        OneOf(PROFILES),
        "0.8.8",
        ":balanced",
        "Which request, stream and queue timeouts hold where none is set.",
        otherwise="Snakepit takes the numbers of :balanced, without a word.",
        harm=Severity.WARNING,
    ),
    Key("pool_queue_timeout", DURATION, "0.1.1", "5000", "How long a call waits for a worker.", "0.8.8"),
    Key("pool_queue_timeout", DURATION, "0.8.8", _PROFILE, "How long a call waits for a worker."),
    Key("pool_startup_timeout", DURATION, "0.1.1", "10000", "How long a worker's start may take."),
    *_from(
        "0.8.8",
        ("worker_call_margin_ms", "1000", "Taken off a call's time for the worker's process."),
        ("pool_reply_margin_ms", "200", "Taken off a call's time for the answer."),
        ("pool_request_timeout", _PROFILE, "A call; 60000 before 0.8.8."),
        ("pool_streaming_timeout", _PROFILE, "A streaming call; 300000 before 0.8.8."),
        ("checkout_timeout", _PROFILE, "Getting a worker for a stream; 5000 before 0.8.8."),
        ("default_command_timeout", _PROFILE, "A command; 30000 before 0.8.8."),
        ("grpc_command_timeout", _PROFILE, "A command of the gRPC adapter; 30000 before 0.8.8."),
        ("grpc_worker_execute_timeout", _PROFILE, "A worker's call; 30000 before 0.8.8."),
        ("grpc_worker_stream_timeout", _PROFILE, "A worker's stream; 300000 up to 0.9.0."),
        ("grpc_client_execute_timeout", _PROFILE, "A client's call; 30000 up to 0.9.0."),
        ("grpc_batch_inference_timeout", "300000", "The command batch_inference."),
        ("grpc_large_dataset_timeout", "600000", "The command process_large_dataset."),
        ("executor_batch_timeout", "30000", "A batch of Snakepit.Executor."),
        ("pool_await_ready_timeout", "15000", "Waiting for a pool to be ready."),
        ("worker_ready_timeout", "30000", "Waiting for a worker to be ready."),
        ("grpc_server_ready_timeout", "30000", "Waiting for the Python server."),
        ("crash_barrier_checkout_timeout", "5000", "Getting a worker after a crash."),
        ("shutdown_margin_ms", "2000", "Beyond graceful_shutdown_timeout_ms."),
        ("retry_max_attempts", "3", "Attempts of a call that is retried."),
        ("retry_base_backoff_ms", "100", "The first pause."),
        ("retry_max_backoff_ms", "30000", "The longest pause."),
        ("circuit_breaker_failure_threshold", "5", "Failures that open the breaker."),
        ("circuit_breaker_reset_timeout_ms", "30000", "How long it stays open."),
        ("circuit_breaker_half_open_max_calls", "1", "Calls that try it afterwards."),
        ("crash_barrier_taint_duration_ms", "60000", "How long a crashed worker's device is avoided."),
        ("health_monitor_check_interval", "30000", "The health monitor; its module is deprecated in 0.13.0."),
        ("health_monitor_crash_window_ms", "60000", "The time in which it counts crashes."),
        ("health_monitor_max_crashes", "10", "Crashes that it allows."),
        ("lifecycle_check_interval", "60000", "How often age and requests of workers are looked at."),
        ("lifecycle_health_check_interval", "300000", "How often their health is."),
        ("grpc_worker_health_check_interval", "30000", "How often a worker asks its Python process."),
        ("process_registry_cleanup_interval", "30000", "How often dead processes are looked for."),
        ("process_registry_unregister_cleanup_delay", "500", "Pause before a process is forgotten."),
        ("process_registry_unregister_cleanup_attempts", "10", "Attempts at it."),
        ("affinity_cache_ttl_seconds", "60", "How long a session's worker is remembered by the pool."),
        ("heartbeat_ping_interval_ms", "2000", "What `heartbeat` starts from."),
        ("heartbeat_timeout_ms", "10000", "What `heartbeat` starts from."),
        ("heartbeat_max_missed", "3", "What `heartbeat` starts from."),
        ("session_cleanup_interval", "60000", "Milliseconds between two sweeps of sessions."),
    ),
    Key("heartbeat_initial_delay_ms", Number(0), "0.8.8", "0", "What `heartbeat` starts from."),
    Key("crash_barrier_max_restarts", Number(0), "0.8.8", "1", "Restarts after a crash."),
    Key("crash_barrier_backoff_ms", ListOf(Number(0), "whole numbers"), "0.8.8", "[50, 100, 200]", "Pauses between."),
    Key("retry_backoff_sequence", ListOf(Number(0), "whole numbers"), "0.8.8", "[100, 200, 400, 800, 1600]", "Pauses."),
    Key("retry_backoff_multiplier", Number(whole=False), "0.8.8", "2.0", "What a pause grows by."),
    Key("retry_jitter_factor", Number(0, 1, whole=False), "0.8.8", "0.25", "What a pause varies by."),
    Key("session_default_ttl", Number(0), "0.8.8", "3600", "Seconds a session lives without being used."),
    Key("session_max_sessions", Number(infinity=True), "0.8.8", "10000", "Most sessions."),
    Key("session_warning_threshold", Number(0, 1, whole=False), "0.8.8", "0.8", "Share of them that is warned of."),
    Key("graceful_shutdown_timeout_ms", Number(), "0.8.5", "6000", "How long a Python process may take to end."),
    Key("worker_starter_max_restarts", Number(0), "0.9.1", "3", "Restarts of a worker's supervisor."),
    Key("worker_starter_max_seconds", Number(), "0.9.1", "5", "In how many seconds."),
    Key("worker_supervisor_max_restarts", Number(0), "0.9.1", "3", "Restarts of the workers' supervisor."),
    Key("worker_supervisor_max_seconds", Number(), "0.9.1", "5", "In how many seconds."),
    *_checked(
        "0.13.0",
        ("lifecycle_check_max_concurrency", "8", "Workers looked at side by side."),
        ("lifecycle_worker_action_timeout_ms", "2000", "What each of them may take."),
        ("grpc_worker_health_check_timeout_ms", "5000", "What a Python process may take to answer."),
        ("grpc_stream_open_timeout_ms", "5000", "Opening a telemetry stream."),
        ("grpc_stream_control_timeout_ms", "2000", "Sending to one."),
        ("process_registry_dets_flush_interval_ms", "25", "Milliseconds between writes of the registry."),
    ),
    Key(
        "cleanup_retry_interval",
        Number(),
        "0.1.1",
        "100",
        "Pause while a worker's end is waited for.",
        "0.7.6",
        gone="It has been `cleanup_retry_interval_ms` since 0.7.6, and has no effect under its old name.",
    ),
    Key("cleanup_retry_interval_ms", Number(), "0.7.6", "50", "Pause while a worker's end is waited for."),
    Key("cleanup_max_retries", Number(), "0.1.1", "10", "How often it is.", "0.7.6"),
    Key("cleanup_max_retries", Number(), "0.7.6", "20", "How often it is."),
    Key("cleanup_on_stop_timeout_ms", Number(), "0.7.6", "3000", "What cleaning up at the end may take."),
    Key("cleanup_poll_interval_ms", Number(), "0.7.6", "50", "How often it looks."),
    *(
        Key(
            name,
            Number(),
            "0.1.1",
            default,
            "A worker of the old protocol.",
            "0.4.0",
            gone="Nothing has read it since 0.4.0; delete it.",
        )
        for name, default in (
            ("worker_init_timeout", "20000"),
            ("worker_health_check_interval", "30000"),
            ("worker_shutdown_grace_period", "2000"),
        )
    ),
)
