from migrations_app.configuration.hunk import Manner
from tests.configuration.rules.one_rule import walked
from tests.configuration.sources import elixir

GIVEN = elixir("""
    grpc_host: "a",
    log_level: :info,
    pooling_enabled: true,
    # the port
    grpc_port: 5
""")


def test_a_hunk_has_the_lines_it_touched_the_reason_and_the_place_before_everything():
    first, second = walked("listener", GIVEN, "0.9.1", "0.10.0").hunks

    assert (first.rule, first.version, first.manner, first.key) == ("listener", "0.10.0", Manner.AUTOMATIC, "grpc_port")
    assert first.before == "  grpc_port: 5\n"
    assert first.after.startswith("  grpc_listener: %{mode: :external")
    assert (first.span.line, first.span.column) == (7, 3)
    assert (second.before, second.after, second.span.line) == ('  grpc_host: "a",\n', "", 3)


def test_what_is_only_said_has_the_same_lines_twice():
    [hunk] = walked("own-port", elixir("pooling_enabled: true"), "0.9.1", "0.10.0").hunks

    assert hunk.before == hunk.after == "  pooling_enabled: true\n"


def test_lines_that_an_earlier_change_wrote_have_no_place_before():
    hunks = walked("stream-timeouts", elixir("pooling_enabled: true"), "0.9.0", "0.9.1").hunks

    assert [hunk.span and hunk.span.line for hunk in hunks] == [3, None]
    assert hunks[1].before == "  grpc_worker_stream_timeout: 300_000\n"
