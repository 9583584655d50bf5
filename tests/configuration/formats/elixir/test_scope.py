from migrations_app.configuration.values import Expression
from tests.configuration.reading_of import reading, said


def variables(written: str) -> tuple[str, ...]:
    value = reading(written).settings[-1].value
    assert isinstance(value, Expression)
    return value.variables


def test_a_bound_variable_brings_the_environment_variables_that_it_was_made_of():
    assert variables(
        'partition = System.get_env("PARTITION") || "1"\n'
        'name = System.get_env("NAME") || "test_#{partition}"\n'
        "config :snakepit, instance_name: name\n"
    ) == ("NAME", "PARTITION")


def test_a_name_may_be_piped():
    assert variables('config :snakepit, a: "X" |> System.fetch_env!() |> String.trim()') == ("X",)


def test_what_is_bound_in_a_branch_ends_with_it():
    assert variables('if a do\n  x = System.get_env("X")\n  f(x)\nend\nconfig :snakepit, a: x\n') == ()


def test_other_readers_are_known():
    assert variables('config :snakepit, a: env!("A", :string)') == ("A",)


def test_aliases_of_aliases():
    configuration = reading("alias A.B\nalias B.C\nconfig :snakepit, a: C\n")

    assert [value.name for _, value in said(configuration)] == ["A.B.C"]
