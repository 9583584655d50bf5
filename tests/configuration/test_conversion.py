import pytest

from migrations_app.configuration.conversion import Conversion, Manner, NoWay, convert
from migrations_app.configuration.problems import Severity
from migrations_app.snakepit.versions import Version
from tests.configuration.reading_of import reading
from tests.configuration.sources import elixir, files

OLD = {
    "config.exs": """\
# what every environment has
import Config

config :snakepit,
  pooling_enabled: true,
  # twice the cores
  pool_config: %{pool_size: System.schedulers_online() * 2},
  # the format
  wire_protocol: :auto,
  worker_init_timeout: 20_000

config :logger, level: :info

# last
import_config "#{config_env()}.exs"
""",
    "dev.exs": "import Config\n",
    "prod.exs": """\
import Config

config :snakepit,
  # ours
  adapter_module: Snakepit.Adapters.GenericPythonV2,
  cleanup_retry_interval: 100 # ms
""",
    "test.exs": "import Config\n\nconfig :snakepit, pool_config: %{pool_size: 2}\n",
}


def test_a_conversion_changes_something_when_the_bytes_of_a_file_differ():
    def conversion(after: bytes) -> Conversion:
        return Conversion("0.8.9", "0.13.0", {"config.exs": b"1"}, {"config.exs": after}, (), (), reversible=True)

    assert conversion(b"2").changes
    assert not conversion(b"1").changes


def test_a_configuration_of_0_3_at_0_13():
    done = convert(files(OLD), origin=Version("0.3.1"), to=Version("0.13.0"))

    assert [one for one in done.problems if one.severity is Severity.ERROR] == []
    assert done.after["prod.exs"].decode() == OLD["prod.exs"].replace("GenericPythonV2", "GRPCPython").replace(
        "retry_interval", "retry_interval_ms"
    )
    assert done.after["dev.exs"] == OLD["dev.exs"].encode()
    text = done.after["config.exs"].decode()
    assert "wire_protocol" not in text
    assert "# the format" not in text
    for kept in ("# what every environment has", "  # twice the cores", "config :logger, level: :info", "# last"):
        assert kept in text
    assert "log_level: :info" in text
    assert not done.reversible  # the adapter of before is lost


@pytest.mark.parametrize("to", ["0.4.0", "0.6.0", "0.7.6", "0.8.8", "0.9.1", "0.10.0", "0.12.0", "0.13.0"])
def test_what_was_converted_stays_as_it_is(to):
    once = convert(files(OLD), origin=Version("0.3.1"), to=Version(to))
    texts = {path: content.decode() for path, content in once.after.items()}

    twice = convert(files(texts), origin=Version("0.3.1"), to=Version(to))
    within = convert(files(texts), origin=Version(to), to=Version(to))

    assert once.changes
    assert not twice.changes
    assert not within.changes


@pytest.mark.parametrize(
    ("keys", "origin", "to"),
    [
        ("pooling_enabled: true,\npool_config: %{pool_size: 200}", "0.12.0", "0.13.0"),
        ('grpc_port: 50_051,\ngrpc_host: "a",\npooling_enabled: true', "0.9.1", "0.10.0"),
        ("pool_size: 9,\npool_config: %{pool_size: 4}", "0.12.0", "0.13.0"),
        ("cleanup_retry_interval: 90", "0.7.5", "0.13.0"),
        ("pools: [%{name: :a}, %{name: :b, worker_profile: :thread}]", "0.13.0", "0.7.7"),
    ],
)
def test_a_way_back_leads_to_the_same_meaning(keys, origin, to):
    assert convert(elixir(keys), origin=Version(origin), to=Version(to)).reversible


@pytest.mark.parametrize(
    ("keys", "origin", "to"),
    [
        ("wire_protocol: :json", "0.3.1", "0.4.0"),
        ("python_packages: [installer: :pip]", "0.8.8", "0.8.9"),
        ("pools: [default: [size: 4]],\nadapter_module: Snakepit.Adapters.GenericPython", "0.3.0", "0.6.0"),
        ("affinity: :strict_queue,\nlog_level: :info", "0.9.1", "0.10.0"),
    ],
)
def test_what_is_lost_comes_back_by_a_snapshot_only(keys, origin, to):
    assert not convert(elixir(keys), origin=Version(origin), to=Version(to)).reversible


def test_no_way_back_names_every_rule_and_place_and_changes_nothing():
    given = elixir("affinity: :strict_queue,\npools: [\n  %{name: :a},\n  %{name: :b}\n]")

    with pytest.raises(NoWay) as refused:
        convert(given, origin=Version("0.13.0"), to=Version("0.5.1"))

    assert [(rule.id, one.at.line) for rule, one in refused.value.blocked] == [
        ("strict-affinity", 3),
        ("several-pools", 4),
    ]
    assert "`pools` in config.exs line 4" in str(refused.value)
    assert str(refused.value).endswith("Nothing was changed.")


def test_what_newer_releases_alone_know_is_said_by_the_problems_of_the_result():
    down = convert(elixir("lifecycle_check_max_concurrency: 4"), origin=Version("0.13.0"), to=Version("0.12.0"))

    assert not down.changes
    assert [(one.code, one.span.line) for one in down.problems] == [("not-yet-read", 3)]


def test_what_a_person_must_do_is_a_hunk_of_its_own():
    js = elixir("adapter_module: Snakepit.Adapters.GenericJavaScript")

    done = convert(js, origin=Version("0.3.1"), to=Version("0.4.0"))

    [hunk] = [one for one in done.hunks if one.manner is Manner.MANUAL]
    assert hunk.rule == "adapter-without-successor-0.4.0"
    assert [one.code for one in done.problems] == ["removed-adapter"]


YAML = """\
# ours
snakepit:
  pooling_enabled: false
  # the port
  grpc_port: 50051
  pool_config:
    # two
    pool_size: 2
  wire_protocol: ":json"
other: {wire_protocol: 1}
"""
YAML_NOW = """\
# ours
snakepit:
  pooling_enabled: false
  # the port
  grpc_listener:
    mode: ":external"
    host: localhost
    bind_host: "0.0.0.0"
    port: 50051
  pools:
    # two
    - pool_size: 2
      name: ":default"
other: {wire_protocol: 1}
"""
TOML = """\
[snakepit]
adapter_module = "Elixir.Snakepit.Adapters.GenericPython" # ours
cleanup_retry_interval = 100

[snakepit.pool_config]
pool_size = 2
"""
TOML_NOW = """\
[snakepit]
adapter_module = "Elixir.Snakepit.Adapters.GRPCPython" # ours
cleanup_retry_interval_ms = 100

[[snakepit.pools]]
pool_size = 2
name = ":default"
"""
JSON = '{\n  "snakepit": {"grpc_port": "50051", "pool_size": 3, "pool_config": {"pool_size": 2}}\n}\n'
JSON_NOW = """\
{
  "snakepit": {"grpc_listener": {
    "mode": ":external",
    "host": "localhost",
    "bind_host": "0.0.0.0",
    "port": "50051"
  }, "pools": [{"pool_size": 2, "name": ":default"}]}
}
"""


@pytest.mark.parametrize(
    ("name", "before", "after"), [("a.yaml", YAML, YAML_NOW), ("a.toml", TOML, TOML_NOW), ("a.json", JSON, JSON_NOW)]
)
def test_rules_know_no_format(name, before, after):
    done = convert(reading(before, name=name), origin=Version("0.3.1"), to=Version("0.13.0"))

    assert done.after[name].decode() == after
    assert [one for one in done.problems if one.severity is Severity.ERROR] == []
    assert not convert(reading(after, name=name), origin=Version("0.3.1"), to=Version("0.13.0")).changes
