"""Keys of the gRPC side: ports, the listener and its knobs (lib/snakepit/config.ex, grpc/listener.ex, defaults.ex)."""

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema.keys import SILENT, Key, never
from migrations_app.configuration.schema.kinds import Number, OneOf, TableOf, Text

FAILS = "The start fails: {:grpc_listener_failed, _}"
PORT = Number(1, 65535, digits=True)

LISTENER = TableOf(
    (
        Key(
            "mode",
            OneOf(("internal", "external", "external_pool"), texts=True),
            "0.10.0",
            ":internal",
            "A free port for the own workers, one fixed port, or one of a range.",
            otherwise=f"{FAILS} (:invalid_mode).",
        ),
        Key("host", Text(), "0.10.0", '"127.0.0.1"', "The address that workers are told.", otherwise=f"{FAILS}."),
        Key("bind_host", Text(), "0.10.0", "host", "What it listens on; a name instead of an address: everything."),
        Key("port", PORT, "0.10.0", "", "The port of :external.", otherwise=f"{FAILS} (:missing_port)."),
        Key(
            "base_port",
            PORT,
            "0.10.0",
            "",
            "The first port of :external_pool.",
            otherwise=f"{FAILS} (:missing_base_port).",
        ),
        Key(
            "pool_size",
            Number(digits=True),
            "0.10.0",
            "32",
            "How many ports :external_pool has.",
            otherwise=f"{FAILS}.",
        ),
    ),
)


def _knob(name: str, default: int, does: str) -> Key:
    return Key(name, Number(digits=True), "0.10.0", str(default), does, otherwise=SILENT, harm=Severity.WARNING)


GRPC_CONFIG = TableOf(
    (
        Key("base_port", PORT, "0.3.0", "50051", "The first worker's port.", "0.4.0"),
        Key("base_port", PORT, "0.4.0", "50052", "The first worker's port."),
        Key("port_range", Number(), "0.3.0", "100", "Ports from there on."),
        never("health_check_interval", "no release reads it"),
        never("connect_timeout", "no release reads it"),
        never("request_timeout", "no release reads it"),
    )
)

KEYS = (
    Key(
        "wire_protocol",
        OneOf(("auto", "json", "msgpack", "grpc")),
        "0.3.0",
        ":auto",
        "The format between Elixir and Python.",
        "0.4.0",
        gone="Everything is gRPC since 0.4.0; delete it.",
    ),
    Key(
        "grpc_config",
        GRPC_CONFIG,
        "0.3.0",
        "",
        "Ports of the workers.",
        "0.5.1",
        gone="Workers' ports are given by the operating system since 0.5.1; delete it.",
    ),
    Key(
        "grpc_config",
        GRPC_CONFIG,
        "0.5.1",
        "",
        "Ports of the workers.",
        "0.6.11",
        "workers' ports are given by the operating system since 0.5.1 (mix snakepit.doctor alone looked at it, "
        "0.6.8 to 0.6.10)",
        "Delete it.",
        gone="Workers' ports are given by the operating system since 0.5.1; delete it.",
    ),
    Key("grpc_port", PORT, "0.4.0", "50051", "The port of the Elixir server.", "0.10.0"),
    Key(
        "grpc_port",
        Number(0, 65535, digits=True),
        "0.10.0",
        "",
        "An older name for a `grpc_listener` that is :external; 0 means :internal.",
        otherwise="The start fails with :missing_port.",
    ),
    Key("grpc_host", Text(), "0.4.0", '"localhost"', "The address that Python is told; it listens on all.", "0.10.0"),
    Key("grpc_host", Text(), "0.10.0", '"127.0.0.1"', "The host beside `grpc_port`; ignored without it."),
    Key(
        "grpc_listener",
        LISTENER,
        "0.10.0",
        "[mode: :internal]",
        "Where the Elixir server listens.",
        otherwise="The start fails: {:invalid_grpc_listener_config, _}.",
    ),
    Key("grpc_internal_host", Text(), "0.10.0", '"127.0.0.1"', "The host of the mode :internal."),
    Key("grpc_port_pool_size", Number(), "0.10.0", "32", "Ports of :external_pool where none is set."),
    _knob("grpc_listener_ready_timeout_ms", 5000, "How long the start waits for the listener."),
    _knob("grpc_listener_port_check_interval_ms", 25, "How often it looks."),
    _knob("grpc_listener_reuse_attempts", 3, "How often a listener that is there already is tried."),
    _knob("grpc_listener_reuse_wait_timeout_ms", 500, "How long each time."),
    _knob("grpc_listener_reuse_retry_delay_ms", 100, "Milliseconds between two tries."),
    Key("grpc_num_acceptors", Number(), "0.8.8", "20", "Acceptors of the server."),
    Key("grpc_max_connections", Number(), "0.8.8", "1000", "Most connections of the server."),
    Key("grpc_socket_backlog", Number(), "0.8.8", "512", "Connections that may wait to be accepted."),
    Key("grpc_request_logging", OneOf(("auto",), flags=True), "0.9.1", ":auto", "Whether requests are logged."),
)
