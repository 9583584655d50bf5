import pytest

from tests.configuration.reading_of import reading

ALL = {"dev", "prod", "test"}


def environments(written: str) -> dict[object, set[str] | None]:
    """For each value of `a` in what is written, where it holds."""
    found = {}
    for setting in reading(written).settings:
        taken: set[str] | None = set(ALL) | {"staging"}
        for condition in setting.conditions:
            taken = None if taken is None or condition.environments is None else taken & condition.environments
        found[setting.value.value] = taken
    return found


@pytest.mark.parametrize(
    ("test", "taken"),
    [
        ("config_env() == :prod", {"prod"}),
        (":prod == Mix.env()", {"prod"}),
        ("config_env() != :prod", {"dev", "test"}),
        ("config_env() in [:dev, :test]", {"dev", "test"}),
        ("config_env() in ~w(dev test)a", {"dev", "test"}),
        ("config_env() not in [:dev]", {"prod", "test"}),
        ("not (config_env() == :dev or config_env() == :test)", {"prod"}),
        ("!(config_env() == :dev) && true", {"prod", "test"}),
        ("config_env() == :dev && config_env() == :test", set()),
        ("config_env() == :dev and f()", None),
        ('System.get_env("X") == "1"', None),
        ("config_env() == x", None),
        ("config_env() > :a", None),
    ],
)
def test_a_test_of_the_environment(test, taken):
    otherwise = None if taken is None else ALL - taken

    found = environments(f"if {test} do\n  config :snakepit, a: 1\nelse\n  config :snakepit, a: 2\nend\n")

    assert found == {1: taken, 2: otherwise}


def test_unless_and_the_keyword_form():
    assert environments("unless config_env() == :prod, do: config(:snakepit, a: 1), else: config(:snakepit, a: 2)") == {
        1: {"dev", "test"},
        2: {"prod"},
    }


def test_a_variable_that_holds_the_environment():
    written = "env = config_env()\nif env == :prod do\n  config :snakepit, a: 1\nend\n"

    assert environments(written) == {1: {"prod"}}


def test_case_takes_the_first_that_matches():
    written = """
    case config_env() do
      :prod -> config :snakepit, a: 1
      env when env in [:prod, :staging] -> config :snakepit, a: 2
      _ -> config :snakepit, a: 3
    end
    """

    assert environments(written) == {1: {"prod"}, 2: {"staging"}, 3: {"dev", "test"}}


def test_case_of_something_else_is_decided_at_run_time():
    written = "case :os.type() do\n  {:unix, _} -> config :snakepit, a: 1\n  _ -> config :snakepit, a: 2\nend\n"

    assert environments(written) == {1: None, 2: None}
    sources = [(c.source, c.otherwise) for s in reading(written).settings for c in s.conditions]
    assert sources == [(":os.type() -> {:unix, _}", False), (":os.type() -> _", True)]


def test_cond_takes_the_first_that_holds():
    written = """
    cond do
      config_env() == :prod -> config :snakepit, a: 1
      config_env() == :dev -> config :snakepit, a: 2
      true -> config :snakepit, a: 3
    end
    """

    assert environments(written) == {1: {"prod"}, 2: {"dev"}, 3: {"test"}}


def test_a_known_part_of_a_test_is_kept_beside_the_unknown_one():
    (setting,) = reading('if config_env() == :prod and System.get_env("X") do\n  config :snakepit, a: 1\nend').settings

    assert [condition.environments for condition in setting.conditions] == [frozenset({"prod"}), None]


def test_branches_of_one_choice_share_its_place():
    first, second = reading("if x do\n config :snakepit, a: 1\nelse\n config :snakepit, a: 2\nend").settings

    assert first.conditions[0].span == second.conditions[0].span
    assert (first.conditions[0].source, second.conditions[0].source) == ("x", "not (x)")
    assert second.conditions[0].otherwise


def test_environments_that_only_a_file_names_are_told_apart():
    configuration = reading("if config_env() == :staging do\n  config :snakepit, a: 1\nend\n")

    assert configuration.environments == ("dev", "prod", "staging", "test")
