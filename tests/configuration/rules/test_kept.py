import pytest

from tests.configuration.rules.one_rule import applied, said, walked
from tests.configuration.sources import files

ON = "pooling_enabled: true"


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("log-level-0.7.6", ON, f"{ON},\nlog_level: :info"),
        ("log-level-0.7.6", f"{ON},\nlog_level: :none", f"{ON},\nlog_level: :none"),
        ("log-level-0.8.1", ON, f"{ON},\nlog_level: :warning"),
        ("log-level-0.8.1", f"{ON},\nlibrary_mode: false", f"{ON},\nlibrary_mode: false,\nlog_level: :info"),
        ("log-level-0.8.1", "pooling_enabled: false", "pooling_enabled: false"),
        ("log-level-0.8.1", "pool_size: 5", "pool_size: 5"),
        (
            "stream-timeouts",
            f"{ON},\ngrpc_client_execute_timeout: 5",
            f"{ON},\ngrpc_client_execute_timeout: 5,\ngrpc_worker_stream_timeout: 300_000",
        ),
    ],
)
def test_what_held_in_silence_is_written_down_where_workers_start(rule, before, after):
    assert applied(rule, before) == after
    assert applied(rule, after) == after


def test_all_timeouts_of_before_0_8_8_in_their_order():
    after = applied("timeouts", f"{ON},\npool_queue_timeout: 7")

    assert [line.split(":")[0].strip() for line in after.splitlines()] == [
        "pooling_enabled",
        "pool_queue_timeout",
        "pool_request_timeout",
        "pool_streaming_timeout",
        "checkout_timeout",
        "default_command_timeout",
        "grpc_command_timeout",
        "grpc_worker_execute_timeout",
    ]


@pytest.mark.parametrize(
    ("rule", "origin", "size", "written"),
    [
        ("max-workers-0.13.0", "0.12.0", "151", True),
        ("max-workers-0.13.0", "0.12.0", "150", False),
        ("max-workers-0.13.0", "0.12.0", "System.schedulers_online()", True),
        ("max-workers-0.13.0", "0.5.1", "200", False),
        ("startup-batch-size-0.13.0", "0.12.0", "9", True),
        ("startup-batch-size-0.13.0", "0.12.0", "8", False),
        ("startup-batch-delay-ms-0.13.0", "0.12.0", "9", True),
        ("startup-batch-size-0.6.0", "0.5.1", "9", False),
    ],
)
def test_sizes_are_written_down_only_where_they_make_a_difference(rule, origin, size, written):
    given = f"{ON},\npool_config: %{{pool_size: {size}}}"

    assert (applied(rule, given, origin=origin) != given) is written


def test_the_batches_of_0_5_1_are_kept_on_the_way_to_releases_that_have_others():
    given = f"{ON},\npool_config: %{{pool_size: 9}}"

    assert "startup_batch_size: 10" in applied("startup-batch-size-0.6.0", given, origin="0.5.1", to="0.12.0")


def test_no_place_of_the_key_is_overruled():
    texts = {
        "config.exs": f'import Config\nconfig :snakepit, {ON}\nimport_config "#{{config_env()}}.exs"\n',
        "prod.exs": "import Config\nconfig :snakepit, log_level: :none\n",
        "dev.exs": "import Config\n",
        "test.exs": "import Config\n",
    }

    content = walked("log-level-0.8.1", files(texts), "0.8.0", "0.8.1").content

    assert content["config.exs"].startswith(
        b"import Config\nconfig :snakepit, pooling_enabled: true, log_level: :warning\n"
    )
    assert content["prod.exs"] == texts["prod.exs"].encode()


BY_BRANCH = """\
import Config

if config_env() == :prod do
  config :snakepit, pooling_enabled: true, log_level: :none
end

if config_env() == :dev do
  config :snakepit, pooling_enabled: true
end
"""
OF_THE_OTHERS = """
if config_env() == :test do
  config :snakepit, pooling_enabled: true
end
"""


def test_a_branch_that_holds_for_all_that_lack_it_takes_it():
    content = walked("log-level-0.8.1", files({"config.exs": BY_BRANCH}), "0.8.0", "0.8.1").content["config.exs"]

    written = BY_BRANCH.replace("true\n", "true, log_level: :warning\n")
    assert content.decode() == written


def test_where_no_place_fits_a_person_decides():
    both = files({"config.exs": BY_BRANCH + OF_THE_OTHERS})

    walk = walked("log-level-0.8.1", both, "0.8.0", "0.8.1")

    assert walk.configuration == both
    assert [str(hunk.manner) for hunk in walk.hunks] == ["manual"]
    assert "No place here fits all of dev, test: set `log_level` to :warning there" in walk.hunks[0].reason


def test_only_what_turns_pooling_on_counts():
    assert said("timeouts", "pooling_enabled: false") == []
