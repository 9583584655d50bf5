from tests.configuration.reading_of import codes, reading, said

RUNTIME = "import Config\nif config_env() == :prod do\n  config :snakepit, a: 2\nend\n"


def test_runtime_takes_effect_last():
    configuration = reading(
        'import_config "prod.exs"\n', beside={"runtime.exs": RUNTIME, "prod.exs": "config :snakepit, a: 1\n"}
    )

    assert said(configuration) == [("a", 1), ("a", 2)]
    assert set(configuration.files) == {"config.exs", "runtime.exs", "prod.exs"}
    assert configuration.environments == ("dev", "prod", "test")


def test_it_belongs_to_config_exs_only():
    assert said(reading("config :snakepit, a: 1", name="dev.exs", beside={"runtime.exs": RUNTIME})) == [("a", 1)]


def test_paths_stay_beside_the_first_file():
    configuration = reading("", name="config/config.exs", beside={"config/runtime.exs": RUNTIME})

    assert said(configuration) == [("a", 2)]


def test_an_error_in_one_file_is_told_beside_that_of_another():
    configuration = reading("config :snakepit, a: [", beside={"runtime.exs": "config :snakepit, b: {"})

    assert codes(configuration) == [("syntax", 1), ("syntax", 1)]
    assert {problem.span.file for problem in configuration.problems} == {"config.exs", "runtime.exs"}


def test_nothing_told_apart_is_one_environment():
    assert reading("config :snakepit, a: 1").environments == ("prod",)


def test_windows_line_ends_change_no_place():
    (setting,) = reading('config :snakepit,\r\n  a: "x"\r\n').settings

    assert (setting.span.line, setting.span.column) == (2, 3)
