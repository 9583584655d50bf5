import pytest

from tests.configuration.rules.one_rule import applied, said

POOLING = "pooling_enabled: true"


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("wire-protocol", f"wire_protocol: :json,\n{POOLING}", POOLING),
        ("wire-protocol", f"{POOLING}, # on\n# the fast one\nwire_protocol: :json", f"{POOLING} # on"),
        ("old-worker-keys", f"worker_init_timeout: 1,\n{POOLING},\nworker_health_check_interval: 2", POOLING),
        ("grpc-config", f"grpc_config: %{{\n  base_port: 1\n}},\n{POOLING}", POOLING),
        (
            "session-programs",
            "session_store: %{max_global_programs: 1, max_sessions: 5, max_programs_per_session: 3}",
            "session_store: %{max_sessions: 5}",
        ),
        ("installer", "python_packages: [installer: :pip, timeout: 5]", "python_packages: [timeout: 5]"),
        ("cleanup_retry_interval", "cleanup_retry_interval: 5 # ms", "cleanup_retry_interval: 5 # ms"),
        ("renamed-cleanup_retry_interval", "cleanup_retry_interval: 5 # ms", "cleanup_retry_interval_ms: 5 # ms"),
        ("renamed-config_default_batch_size", "config_default_batch_size: 5", "pool_startup_batch_size: 5"),
        ("renamed-config_default_batch_delay", "config_default_batch_delay: 5", "pool_startup_batch_delay_ms: 5"),
    ],
)
def test_what_is_read_no_longer_goes_and_what_is_called_otherwise_is_renamed(rule, before, after):
    assert applied(rule, before) == after
    assert applied(rule, after) == after


@pytest.mark.parametrize(("to", "port"), [("0.4.0", "50052"), ("0.5.0", "50052"), ("0.13.0", "50051")])
def test_the_first_workers_port_moves_where_it_still_counts(to, port):
    assert applied("base-port", "grpc_config: %{base_port: 50051}", to=to) == f"grpc_config: %{{base_port: {port}}}"


def test_two_names_of_one_key_are_left_to_a_person():
    both = "cleanup_retry_interval: 5,\ncleanup_retry_interval_ms: 6"

    assert applied("renamed-cleanup_retry_interval", both) == both
    assert said("renamed-cleanup_retry_interval", both) == [("manual", "cleanup_retry_interval", 3)]


def test_a_name_goes_back_only_to_releases_that_read_it():
    new = "pool_startup_batch_size: 5"
    rule = "renamed-config_default_batch_size"

    assert applied(rule, new, origin="0.13.0", to="0.12.0") == "config_default_batch_size: 5"
    assert applied(rule, new, origin="0.13.0", to="0.8.7") == new
