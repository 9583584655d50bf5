from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema import validate
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir


def test_a_knob_of_the_listener_falls_back_in_silence():
    [problem] = validate(elixir("grpc_listener_reuse_attempts: 0"), Version("0.10.0"))

    assert problem.severity is Severity.WARNING
    assert "Snakepit takes its own default instead, without a word." in problem.message
    assert "the default is 3" in problem.suggestion


def test_ports_may_be_texts_and_modes_too():
    listener = 'grpc_listener: [mode: "external-pool", host: "a", base_port: "50051", pool_size: "4"]'

    assert validate(elixir(listener), Version("0.13.0")) == ()
