import pytest

from tests.sources.asking import found

WAITS = "Snakepit.Pool.await_ready(pool, 1)"
ELIXIR = [
    # (code, subject, change, weight, last version without it, first version with it)
    ("Snakepit.SessionHelpers.x()", "Snakepit.SessionHelpers", "module_gone", "breaks", "0.7.1", "0.7.2"),
    ("alias Snakepit.Python", "Snakepit.Python", "module_gone", "breaks", "0.4.0", "0.4.2"),
    (
        "Snakepit.RetryPolicy.exponential_backoff(a, 1)",
        "Snakepit.RetryPolicy.exponential_backoff/2",
        "function_gone",
        "breaks",
        "0.8.2",
        "0.8.3",
    ),
    (
        "alias Snakepit.Bridge.SessionStore\n{:error, :already_exists} = SessionStore.create_session(id, [])",
        "{:error, :already_exists}",
        "session_exists_twice",
        "breaks",
        "0.4.0",
        "0.4.2",
    ),
    (
        ":ets.insert(:snakepit_sessions, row)",
        ":ets.insert(:snakepit_sessions, ...)",
        "session_table_protected",
        "breaks",
        "0.6.5",
        "0.6.6",
    ),
    (
        "Snakepit.Pool.await_ready(p, 1)",
        "Snakepit.Pool.await_ready",
        "pool_waits_with_struct",
        "differs",
        "0.6.6",
        "0.6.7",
    ),
    (
        "defmodule A do\n  @behaviour Snakepit.Adapter\n  def prepare_args(a, b), do: b\nend",
        "A.prepare_args/2",
        "adapter_callbacks_removed",
        "breaks",
        "0.7.1",
        "0.7.2",
    ),
    (
        "Snakepit.run_as_script(f, halt: true)",
        "Snakepit.run_as_script with halt:",
        "script_ends_otherwise",
        "differs",
        "0.8.9",
        "0.9.0",
    ),
    (
        "Snakepit.Pool.WorkerSupervisor.start_worker(1, 2)",
        "Snakepit.Pool.WorkerSupervisor.start_worker",
        "start_worker_returns_worker",
        "breaks",
        "0.11.0",
        "0.11.1",
    ),
    (
        "Snakepit.Pool.await_ready(p, 1)",
        "Snakepit.Pool.await_ready",
        "pool_waits_for_handshake",
        "differs",
        "0.11.1",
        "0.12.0",
    ),
    (
        "case Snakepit.execute(a, b) do\n  {:error, :queue_timeout} -> 1\nend",
        "{:error, :queue_timeout}",
        "public_errors_are_structs",
        "breaks",
        "0.12.0",
        "0.13.0",
    ),
    ("Snakepit.HealthMonitor.check()", "Snakepit.HealthMonitor", "module_deprecated", "deprecated", "0.12.0", "0.13.0"),
]


@pytest.mark.parametrize(("code", "subject", "change", "weight", "before", "since"), ELIXIR, ids=[e[2] for e in ELIXIR])
def test_elixir_is_told_of_a_change_when_the_way_crosses_it(code, subject, change, weight, before, since):
    assert (change, weight, subject) in [one[1:] for one in found("lib/a.ex", code, before, since)]
    assert found("lib/a.ex", "Acme.Own.run()", before, since) == []


@pytest.mark.parametrize(("code", "change", "since"), [(e[0], e[2], e[5]) for e in ELIXIR if e[2] != "module_gone"])
def test_what_lies_behind_is_not_told_again(code, change, since):
    assert change not in [one[1] for one in found("lib/a.ex", code, since, since)]
