from migrations_app.configuration.problems import Severity
from tests.configuration.reading_of import codes, reading, said


def test_an_import_takes_effect_where_it_stands():
    configuration = reading(
        'config :snakepit, a: 1\nimport_config "more/other.exs"\nconfig :snakepit, a: 3\n',
        beside={"more/other.exs": 'import_config "../third.exs"\n', "third.exs": "config :snakepit, a: 2\n"},
    )

    assert said(configuration) == [("a", 1), ("a", 2), ("a", 3)]
    assert [setting.span.file for setting in configuration.settings] == ["config.exs", "third.exs", "config.exs"]
    assert list(configuration.files) == ["config.exs", "more/other.exs", "third.exs"]
    assert [(span.file, span.line) for span in configuration.imports] == [("config.exs", 2), ("more/other.exs", 1)]


def test_a_file_of_each_environment():
    configuration = reading(
        'env = config_env()\nimport_config "env/#{env}.exs"\n',
        beside={f"env/{name}.exs": f"config :snakepit, a: :{name}\n" for name in ("dev", "prod", "test")},
    )

    held = {s.value.value.name: [set(c.environments) for c in s.conditions] for s in configuration.settings}
    assert held == {name: [{name}] for name in ("dev", "prod", "test")}
    assert configuration.environments == ("dev", "prod", "test")
    assert configuration.problems == ()


def test_one_that_an_environment_lacks_is_said_and_that_environment_is_left_out():
    configuration = reading(
        'import_config "#{Mix.env()}.exs"\n', beside={"dev.exs": "", "prod.exs": "config :snakepit, a: 1"}
    )

    (problem,) = configuration.problems
    assert problem.severity is Severity.WARNING
    assert problem.message.startswith("test.exs is imported here and missing. With test as environment")
    assert configuration.environments == ("dev", "prod")


def test_one_that_is_missing_altogether_is_an_error():
    problems = reading('import_config "a.exs"\nimport_config "#{config_env()}.exs"\n').problems

    assert [(p.code, p.severity) for p in problems] == [("import-missing", Severity.ERROR)] * 2


def test_one_under_a_condition_may_be_missing():
    (problem,) = reading('if File.exists?("a.exs") do\n  import_config "a.exs"\nend\n').problems

    assert problem.severity is Severity.NOTICE


def test_only_the_environments_of_a_branch_are_looked_for():
    configuration = reading(
        'if config_env() != :prod do\n  import_config "#{config_env()}.exs"\nend\n',
        beside={"dev.exs": "", "test.exs": ""},
    )

    assert configuration.problems == ()


def test_a_circle_and_a_path_out_of_the_directory_are_errors():
    configuration = reading(
        'import_config "a.exs"\nimport_config "../b.exs"\nimport_config "/etc/c.exs"\n',
        beside={"a.exs": 'import_config "config.exs"\nconfig :snakepit, a: 1\n', "../b.exs": "", "/etc/c.exs": ""},
    )

    assert codes(configuration) == [("import-circular", 1), ("import-outside", 2), ("import-outside", 3)]
    assert said(configuration) == [("a", 1)]
    assert {problem.severity for problem in configuration.problems} == {Severity.ERROR}


def test_a_path_that_is_decided_at_run_time_is_said():
    configuration = reading('import_config path\nimport_config "#{name}.exs"\n')

    assert codes(configuration) == [("import-at-run-time", 1), ("import-at-run-time", 2)]


def test_one_with_an_error_gives_nothing_and_the_rest_is_there():
    configuration = reading(
        'config :snakepit, a: 1\nimport_config "b.exs"\nconfig :snakepit, c: 3\n',
        beside={"b.exs": "config :snakepit, b: [2"},
    )

    assert said(configuration) == [("a", 1), ("c", 3)]
    assert [(problem.code, problem.span.file) for problem in configuration.problems] == [("syntax", "b.exs")]
