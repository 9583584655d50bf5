"""Keys of heartbeat, sessions, crashes, Python, logs, telemetry and clean-up (each module's own reader, by release)."""

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema.keys import SILENT, Key, flag, never
from migrations_app.configuration.schema.kinds import (
    Either,
    Environment,
    Kind,
    ListOf,
    Name,
    Number,
    OneOf,
    TableOf,
    Text,
)
from migrations_app.configuration.schema.pools import HEARTBEAT
from migrations_app.configuration.values import Form

FLAG = OneOf(flags=True)
NUMBERS = ListOf(Number(0), "whole numbers")
TEXTS = ListOf(Text(), "texts")
LEVELS = OneOf(("debug", "info", "warning", "error", "none"))
CATEGORIES = ("lifecycle", "pool", "grpc", "bridge", "worker", "startup", "shutdown", "telemetry", "general")

SESSION_STORE = TableOf(
    (
        Key("max_sessions", Number(infinity=True, digits=True), "0.6.6", "10000", "Most sessions."),
        flag("strict_mode", "0.8.6", False, "Whether sessions that pile up are an error."),
        Key(
            "max_programs_per_session",
            Number(),
            "0.6.6",
            "200",
            "Most programs of a session.",
            "0.7.2",
            gone="Sessions have no programs since 0.7.2; delete it.",
        ),
        Key(
            "max_global_programs",
            Number(),
            "0.6.6",
            "10000",
            "Most programs of all.",
            "0.7.2",
            gone="There are no global programs since 0.7.2; delete it.",
        ),
        never("default_ttl", "a guide names it, but nothing reads it here", "Set the top-level `session_default_ttl`."),
        never(
            "cleanup_interval",
            "a guide names it, but nothing reads it here",
            "Set the top-level `session_cleanup_interval`.",
        ),
    ),
    frozenset({Form.MAP}),
    "A keyword list, as a guide shows it, crashes the session store with BadMapError.",
)
CRASH_BARRIER = TableOf(
    (
        flag("enabled", "0.7.4", False, "Whether crashes of workers are contained."),
        Key(
            "retry",
            OneOf(("idempotent", "always", "never"), flags=True),
            "0.7.4",
            ":idempotent",
            "What is tried again.",
        ),
        Key("max_restarts", Number(0), "0.7.4", "1", "Restarts after a crash."),
        Key("taint_duration_ms", Number(), "0.7.4", "60000", "How long a crashed worker's device is avoided."),
        Key("backoff_ms", NUMBERS, "0.7.4", "[50, 100, 200]", "Pauses between restarts."),
        Key("mark_on", ListOf(Name(), "atoms"), "0.7.4", "[:segfault, :oom, :gpu]", "Crashes that count."),
        Key("taint_on_exit_codes", NUMBERS, "0.7.4", "[]", "Exit codes that count."),
        Key("taint_on_error_types", ListOf(Kind(), "names"), "0.7.4", "[]", "Errors that count."),
        flag("taint_device_on_cuda_fatal", "0.7.4", True, "Whether a fatal CUDA error counts for the device."),
        Key("retry_idempotent", FLAG, "0.7.4", "", "An older name for `retry`."),
        *(
            never(name, "a guide names it, but no release reads it", instead)
            for name, instead in (
                ("taint_ms", "Set `taint_duration_ms`."),
                ("window_seconds", "Delete it."),
                ("max_retries", "Set `max_restarts`."),
                ("classify_exit_codes", "Set `taint_on_exit_codes`."),
            )
        ),
    )
)
ZERO_COPY = TableOf(
    (
        flag("enabled", "0.7.4", False, "Whether large values are shared instead of copied."),
        flag("dlpack", "0.7.4", True, "Whether tensors are."),
        flag("arrow", "0.7.4", True, "Whether tables are."),
        flag("allow_fallback", "0.7.4", True, "Whether they are copied where it does not work."),
        flag("strict", "0.7.4", False, "Whether that is an error."),
        Key("max_bytes", Number(), "0.7.4", "67108864", "Kept, and used by nothing."),
        never("threshold_bytes", "a guide names it, but no release uses it", "Delete it."),
    )
)
PYTHON = TableOf(
    (
        Key("strategy", OneOf(("system", "uv")), "0.7.4", ":system", "Where Python comes from."),
        flag("managed", "0.7.4", False, "With the strategy :uv, whether Snakepit installs it."),
        Key("python_version", Text(), "0.7.4", '"3.11.8"', "Which one."),
        Key("runtime_dir", Text(), "0.7.4", '"priv/snakepit/python"', "Where to."),
        Key("cache_dir", Text(nothing=True), "0.7.4", "", "Where uv keeps its downloads."),
        Key("uv_path", Text(nothing=True), "0.7.4", "nil", "The program uv."),
        Key("extra_env", Environment(), "0.7.4", '%{"PYTHONNOUSERSITE" => "1"}', "Environment of Python."),
    )
)
PACKAGES = TableOf(
    (
        Key("timeout", Number(infinity=True), "0.7.5", "300000", "What an installation may take."),
        Key("env", Environment(), "0.7.5", "", "Environment of the installer, over six defaults."),
        Key("env_dir", Either((Text(nothing=True), FLAG)), "0.7.6", "<runtime_dir>/venv", "The venv; false: none."),
        Key("runner", Kind(), "0.7.5", "", "The module that runs commands."),
        Key(
            "installer",
            OneOf(("auto", "uv", "pip")),
            "0.7.5",
            ":auto",
            "Which program installs.",
            "0.8.9",
            gone="uv alone installs since 0.8.9, and must be there; delete it.",
        ),
    )
)
OPENTELEMETRY = TableOf(
    (
        Key("enabled", FLAG, "0.6.1", "false", "Whether spans are exported; forced to false unless `enable_otlp?`."),
        Key("tracer_id", Kind(), "0.6.1", "", "The tracer's name."),
        Key("skip_runtime?", FLAG, "0.6.1", "false", "Whether setting up is left to the host."),
        Key("force?", FLAG, "0.6.1", "false", "Enabled without `enable_otlp?`."),
        Key("debug_pid", Kind(), "0.6.1", "", "For tests."),
        Key("exporters", TableOf(open=True), "0.6.1", "", "`otlp` (endpoint, protocol, headers) and `console`."),
        Key("resource", TableOf(open=True), "0.6.1", "", "What names this service."),
    )
)
PROMETHEUS = TableOf(
    (
        Key("enabled", Kind(), "0.6.1", "false", "Whether metrics are served; truthy texts count."),
        Key("port", Number(0, 65535, digits=True), "0.6.1", "9568", "Where."),
        Key("name", Kind(), "0.6.1", "", "The process's name."),
        Key("protocol", OneOf(("http", "https")), "0.6.1", ":http", "How."),
        Key("ip", Kind(), "0.6.1", "", "On which address."),
    )
)
THREADS = TableOf(
    tuple(
        Key(
            name,
            Number(),
            "0.5.1",
            "1",
            "Threads of that library in each worker.",
            otherwise="One thread is taken, without a word.",
            harm=Severity.WARNING,
        )
        for name in ("openblas", "omp", "mkl", "numexpr", "grpc_poll_threads")
    )
)
ROGUE_CLEANUP = TableOf(
    (
        flag("enabled", "0.6.8", True, "Whether Python processes of a former run are ended at the start."),
        Key("scripts", TEXTS, "0.6.9", "", "Names that tell them."),
        Key("run_markers", TEXTS, "0.6.9", "", "Arguments that tell them."),
    )
)

KEYS = (
    Key("heartbeat", HEARTBEAT, "0.6.1", "", "Signs of life of every pool.", otherwise=SILENT, harm=Severity.WARNING),
    Key(
        "session_store",
        SESSION_STORE,
        "0.6.6",
        "",
        "Limits of sessions.",
        otherwise="The session store crashes with BadMapError.",
    ),
    Key("crash_barrier", CRASH_BARRIER, "0.7.4", "", "What happens when a worker crashes."),
    Key("zero_copy", ZERO_COPY, "0.7.4", "", "Sharing of large values."),
    Key("python", PYTHON, "0.7.4", "", "Python that Snakepit provides; only with :uv and `managed`."),
    Key("python_executable", Text(nothing=True), "0.4.2", "nil", "Python itself; wins over SNAKEPIT_PYTHON.", "0.12.0"),
    Key(
        "python_executable",
        Text(nothing=True),
        "0.12.0",
        "nil",
        "Python itself; one that is not there is an error.",
        otherwise="Workers do not start: {:invalid_python_executable, _}.",
    ),
    Key("python_packages", PACKAGES, "0.7.5", "", "Installing Python packages."),
    Key(
        "python_thread_limits",
        THREADS,
        "0.5.1",
        "",
        "Threads of Python's libraries.",
        otherwise=SILENT,
        harm=Severity.WARNING,
    ),
    flag("auto_install_python_deps", "0.8.9", False, "Installing at the start; always so in :dev and :test."),
    Key("environment", Name(), "0.6.5", ":prod", "What Snakepit takes for the Mix environment."),
    Key(
        "log_level",
        LEVELS,
        "0.6.1",
        ":info",
        "Snakepit's own log.",
        "0.7.6",
        otherwise=":info is taken.",
        harm=Severity.WARNING,
    ),
    Key(
        "log_level",
        LEVELS,
        "0.7.6",
        ":warning",
        "Snakepit's own log.",
        "0.8.1",
        otherwise=":info is taken.",
        harm=Severity.WARNING,
    ),
    Key(
        "log_level",
        LEVELS,
        "0.8.1",
        ":error",
        "Snakepit's own log.",
        otherwise=":error is taken.",
        harm=Severity.WARNING,
    ),
    Key(
        "log_categories",
        ListOf(OneOf(CATEGORIES), "categories"),
        "0.8.1",
        "all",
        "Which debug and info lines pass.",
        otherwise="Nothing is filtered; a guide shows a map here, which does not work.",
        harm=Severity.WARNING,
    ),
    flag("library_mode", "0.7.6", True, "Whether Snakepit keeps quiet; since 0.8.1 the gRPC log alone."),
    Key("grpc_log_level", LEVELS, "0.7.6", ":error", "The log of gRPC."),
    flag("log_python_output", "0.7.6", False, "Whether Python's output is logged."),
    Key("telemetry_log_level", LEVELS, "0.8.0", ":debug", "The telemetry logger, deprecated in 0.13.0."),
    Key(
        "telemetry_metrics",
        TableOf((Key("prometheus", PROMETHEUS, "0.6.1", "", "Metrics for Prometheus."),)),
        "0.6.1",
        "",
        "Metrics.",
    ),
    Key("enable_otlp?", FLAG, "0.6.1", "false", "Whether OpenTelemetry may be enabled."),
    Key("opentelemetry", OPENTELEMETRY, "0.6.1", "", "Spans."),
    Key(
        "rogue_cleanup",
        ROGUE_CLEANUP,
        "0.6.8",
        "",
        "Processes that a former run left.",
        otherwise="The defaults are taken, so it is on.",
        harm=Severity.WARNING,
    ),
    Key("rogue_cleanup_scripts", TEXTS, "0.13.0", "", "Names that tell them."),
    Key("rogue_cleanup_run_markers", TEXTS, "0.13.0", "", "Arguments that tell them."),
    flag("cleanup_on_stop", "0.7.6", True, "Whether Python processes are ended with the application."),
    flag("process_group_kill", "0.7.6", True, "Whether their children are, too."),
    *(
        Key(name, Text(atoms=True, nothing=True), "0.10.0", "nil", does, otherwise=SILENT, harm=Severity.WARNING)
        for name, does in (
            ("instance_name", "Tells instances on one machine apart."),
            ("instance_token", "Tells runs of one instance apart."),
        )
    ),
    Key(
        "data_dir",
        Text(nothing=True),
        "0.10.0",
        "priv/data",
        "Where the registry of processes lies.",
        otherwise=SILENT,
        harm=Severity.WARNING,
    ),
    Key("env_doctor_module", Kind(), "0.6.8", "", "For tests."),
    Key("env_doctor_runner", Kind(), "0.6.8", "", "For tests."),
    Key("bootstrap_runner", Kind(), "0.6.8", "", "For tests."),
    Key("bootstrap_project_root", Text(nothing=True), "0.6.8", "", "Where Python's files of the project lie."),
    Key("require_python_313?", FLAG, "0.6.8", "false", "Whether the doctor wants Python 3.13."),
)
