"""Forty configurations that are not right, and what is said of each: line, code, key."""

import pytest

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema import validate
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir, files

E, W = Severity.ERROR, Severity.WARNING

INVALID = [
    ("0.13.0", "pool_sise: 4", [(3, W, "unknown-key", "pool_sise")]),
    ("0.13.0", 'pool_size: "4"', [(3, W, "wrong-value", "pool_size")]),
    ("0.12.0", "pool_size: 4", [(3, W, "no-effect", "pool_size")]),
    ("0.5.1", "pool_size: 4", [(3, W, "not-yet-read", "pool_size")]),
    ("0.13.0", 'pool_config: %{pool_size: "2"}', [(3, E, "wrong-value", "pool_config.pool_size")]),
    ("0.13.0", "pool_config: %{\n  pool_size: 0\n}", [(4, E, "wrong-value", "pool_config.pool_size")]),
    ("0.11.1", "pool_config: [pool_size: 2]", [(3, E, "wrong-form", "pool_config")]),
    ("0.13.0", "pool_config: []", [(3, E, "wrong-form", "pool_config")]),
    ("0.13.0", "pool_config: %{max_overflow: 2}", [(3, W, "never-read", "pool_config.max_overflow")]),
    ("0.8.9", "pool_config: %{adapter_env: []}", [(3, W, "no-effect", "pool_config.adapter_env")]),
    (
        "0.12.0",
        "pool_size: 3,\npool_config: %{pool_size: 4}",
        [(3, W, "no-effect", "pool_size"), (3, W, "contradiction", "pool_size")],
    ),
    ("0.13.0", "pool_size: 3,\npool_config: %{pool_size: 4}", [(3, W, "contradiction", "pool_size")]),
    ("0.13.0", "pools: %{name: :default}", [(3, E, "wrong-value", "pools")]),
    ("0.13.0", "pools: [default: [pool_size: 2]]", [(3, E, "wrong-form", "pools.default")]),
    ("0.13.0", "pools: [\n  [name: :default]\n]", [(4, E, "wrong-form", "pools.0")]),
    ("0.13.0", "pools: [%{pool_size: 2}]", [(3, E, "missing-key", "pools.0")]),
    (
        "0.13.0",
        "pools: [\n  %{name: :a},\n  %{name: :b},\n  %{name: :a}\n]",
        [(6, E, "contradiction", "pools")],
    ),
    (
        "0.13.0",
        "pools: [\n  %{name: :a, worker_profile: :threads}\n]",
        [(4, E, "wrong-value", "pools.0.worker_profile")],
    ),
    ("0.13.0", "pools: [%{name: :a, worker_ttl: {1, :days}}]", [(3, E, "wrong-value", "pools.0.worker_ttl")]),
    ("0.13.0", "pools: [%{name: :a, worker_max_requests: 0}]", [(3, E, "wrong-value", "pools.0.worker_max_requests")]),
    ("0.13.0", "pools: [%{name: :a, heartbeat: [enabled: false]}]", [(3, W, "wrong-form", "pools.0.heartbeat")]),
    ("0.13.0", "pools: [%{name: :a}],\npool_config: %{max_workers: 9}", [(4, W, "contradiction", "pool_config")]),
    ("0.7.6", "pools: [%{name: :a, pool_size: 2}]", [(3, W, "no-effect", "pools.0.pool_size")]),
    ("0.5.0", "pools: [%{name: :a}]", [(3, W, "not-yet-read", "pools")]),
    ("0.13.0", "affinity: :strict", [(3, E, "wrong-value", "affinity")]),
    ("0.13.0", "grpc_listener: :internal", [(3, E, "wrong-value", "grpc_listener")]),
    ("0.13.0", 'grpc_listener: [mode: :external, host: "a"]', [(3, E, "missing-companion", "grpc_listener")]),
    ("0.13.0", 'grpc_listener: %{mode: :outside, host: "a"}', [(3, E, "wrong-value", "grpc_listener.mode")]),
    (
        "0.13.0",
        'grpc_listener: [mode: :external_pool, host: "a", port: 70_000]',
        [(3, E, "missing-companion", "grpc_listener"), (3, E, "wrong-value", "grpc_listener.port")],
    ),
    ("0.13.0", "grpc_port: 50051,\ngrpc_listener: [mode: :internal]", [(3, W, "contradiction", "grpc_port")]),
    ("0.13.0", "grpc_port: nil", [(3, E, "wrong-value", "grpc_port")]),
    ("0.13.0", 'grpc_host: "localhost"', [(3, W, "contradiction", "grpc_host")]),
    ("0.9.1", "grpc_listener: [mode: :internal]", [(3, W, "not-yet-read", "grpc_listener")]),
    ("0.7.0", "wire_protocol: :auto", [(3, W, "no-longer-read", "wire_protocol")]),
    ("0.7.6", "cleanup_retry_interval: 100", [(3, W, "no-longer-read", "cleanup_retry_interval")]),
    ("0.13.0", "heartbeat: [enabled: false]", [(3, W, "wrong-form", "heartbeat")]),
    ("0.13.0", "session_store: [max_sessions: 5]", [(3, E, "wrong-form", "session_store")]),
    ("0.13.0", "session_store: %{default_ttl: 5}", [(3, W, "never-read", "session_store.default_ttl")]),
    ("0.13.0", "timeout_profile: :fast", [(3, W, "wrong-value", "timeout_profile")]),
    ("0.13.0", "pool_request_timeout: -1", [(3, E, "wrong-value", "pool_request_timeout")]),
    ("0.13.0", "retry_backoff_sequence: [100, :soon]", [(3, E, "wrong-value", "retry_backoff_sequence.1")]),
    ("0.13.0", "log_level: :loud", [(3, W, "wrong-value", "log_level")]),
    ("0.13.0", "log_categories: %{pool: true}", [(3, W, "wrong-value", "log_categories")]),
    ("0.13.0", "python_packages: [installer: :pip]", [(3, W, "no-longer-read", "python_packages.installer")]),
    ("0.13.0", 'adapter_args: ["--adapter", "a.B"]', [(3, W, "never-read", "adapter_args")]),
    ("0.4.0", "adapter_module: Snakepit.Adapters.GenericPythonV2", [(3, E, "removed-adapter", "adapter_module")]),
    (
        "0.6.0",
        'pool_config: %{\n  adapter_args: ["--adapter",\n    "snakepit_bridge.adapters.enhanced.EnhancedBridge"]\n}',
        [(5, E, "removed-adapter", "pool_config.adapter_args")],
    ),
    (
        "0.13.0",
        "telemetry_metrics: %{prometheus: %{prot: 1}}",
        [(3, W, "unknown-key", "telemetry_metrics.prometheus.prot")],
    ),
    ("0.13.0", "pool_config: %{max_workers: 1, max_workers: 2}", [(3, W, "given-twice", "pool_config.max_workers")]),
]


@pytest.mark.parametrize(("version", "keys", "expected"), INVALID)
def test_what_is_said_of_a_configuration_that_is_not_right(version, keys, expected):
    problems = validate(elixir(keys), Version(version))

    said = [(one.span.line, one.severity, one.code, one.key) for one in problems if one.severity is not Severity.NOTICE]
    assert said == expected
    assert all(one.message.endswith(".") and one.suggestion for one in problems if one.severity is not Severity.NOTICE)


def test_every_problem_at_once_in_the_order_of_files_and_lines():
    configuration = files(
        {
            "config.exs": 'import Config\nimport_config "b.exs"\nconfig :snakepit, grpc_timeout: 1\n',
            "b.exs": "import Config\nconfig :snakepit, pool_sise: 1, wire_protocol: :json\n",
        }
    )

    problems = validate(configuration, Version("0.13.0"))

    assert [(one.span.file, one.span.line, one.key) for one in problems] == [
        ("config.exs", 3, "grpc_timeout"),
        ("b.exs", 2, "pool_sise"),
        ("b.exs", 2, "wire_protocol"),
    ]


def test_a_dead_key_is_said_in_the_words_of_what_really_happens():
    [problem] = validate(elixir('adapter_args: ["--adapter", "mine.Mine"]'), Version("0.13.0"))

    assert "workers run the showcase adapter instead" in problem.message
    assert "Move it into `pool_config` or a pool" in problem.suggestion


def test_a_misspelt_key_gets_the_one_that_is_near():
    [problem] = validate(elixir("pool_que_timeout: 5"), Version("0.13.0"))

    assert problem.suggestion == "Did you mean `pool_queue_timeout`?"


def test_an_expression_is_decided_at_run_time_and_names_what_it_reads():
    [problem] = validate(elixir('data_dir: System.get_env("DATA")'), Version("0.13.0"))

    assert (problem.code, problem.severity) == ("decided-at-run-time", Severity.NOTICE)
    assert "it reads DATA" in problem.message
