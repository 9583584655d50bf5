import pytest

from migrations_app.configuration.document import CallForm
from migrations_app.configuration.problems import Severity
from tests.configuration.reading_of import codes, reading, said


@pytest.mark.parametrize(
    "written",
    [
        "config :snakepit, a: 1, b?: 2",
        "config(:snakepit, a: 1, b?: 2)",
        "config :snakepit, [a: 1, b?: 2]",
        "config :snakepit, [{:a, 1}, {:b?, 2}]",
        "config :snakepit, :a, 1\nconfig :snakepit, :b?, 2",
        "Config.config :snakepit, a: 1\nMix.Config.config :snakepit, b?: 2",
        "Application.put_env(:snakepit, :a, 1)\nApplication.put_env(:snakepit, :b?, 2, persistent: true)",
        ":application.set_env(:snakepit, :a, 1)\n(config :snakepit, b?: 2)",
    ],
)
def test_the_forms_of_giving_a_key(written):
    configuration = reading(f"import Config\n{written}\n")

    assert said(configuration) == [("a", 1), ("b?", 2)]
    assert all(not setting.conditions for setting in configuration.settings)


def test_each_key_says_the_form_of_its_call():
    settings = reading(
        "config :snakepit, a: 1\nconfig :snakepit, :b, c: 1\nApplication.put_env(:snakepit, :d, 1)\n"
    ).settings

    assert [setting.form for setting in settings] == [CallForm.KEYS, CallForm.SUB_KEY, CallForm.PUT_ENV]


def test_other_applications_comments_and_heredocs_are_not_read():
    configuration = reading(
        'config :logger, a: 1\n# config :snakepit, b: 2\n"""\nconfig :snakepit, c: 3\n"""\n'
        'x = "config :snakepit, d: 4"\nconfig :snakepit_loadtest, e: 5\nApplication.get_env(:snakepit, :f)\n'
    )

    assert said(configuration) == []
    assert configuration.problems == ()


def test_a_call_within_a_function_is_decided_at_run_time():
    (setting,) = reading(
        "defmodule A do\n  def run(n) do\n    Task.async(fn ->\n"
        "      Application.put_env(:snakepit, :a, n)\n    end)\n  end\nend\n",
        name="a.ex",
    ).settings

    assert [(c.source, c.environments) for c in setting.conditions] == [("def run(n)", None)]


def test_keys_that_only_the_running_system_knows_are_said():
    configuration = reading(
        "for {k, v} <- all do\n  config :snakepit, [{k, v}]\nend\nconfig :snakepit, options\n"
        "Application.put_env(:snakepit, key, 1)\n"
    )

    assert codes(configuration) == [("keys-at-run-time", 2), ("keys-at-run-time", 4), ("keys-at-run-time", 5)]
    assert said(configuration) == []


def test_a_helper_that_sets_keys_itself_is_said():
    configuration = reading(
        "if config_env() != :test do\n  SnakeBridge.ConfigHelper.configure_snakepit!(pool_size: 2)\nend\n"
        "Application.put_all_env(snakepit: [a: 1])\n"
    )

    assert codes(configuration) == [("set-elsewhere", 2), ("set-elsewhere", 4)]


def test_a_key_given_twice_in_one_call_stops_erlang():
    (problem,) = reading("config :snakepit,\n  a: 1,\n  b: 2,\n  a: 3\n").problems

    assert (problem.code, problem.key, problem.span.line, problem.severity) == ("key-twice", "a", 4, Severity.ERROR)
