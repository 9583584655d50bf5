import pytest

from migrations_app.configuration.effective import MOST_OUTCOMES, effective
from migrations_app.configuration.plain import plain
from migrations_app.configuration.values import Atom
from tests.configuration.reading_of import reading


def outcomes(written, key="a", environment="prod", **beside):
    found = effective(reading(written, beside=beside), environment)[key]
    return [(outcome.under, None if outcome.value is None else plain(outcome.value)) for outcome in found.outcomes]


def value(written, environment="prod"):
    ((under, said),) = outcomes(written, environment=environment)
    assert under == ()
    return said


def keyword(**given):
    return [(Atom(key), said) for key, said in given.items()]


@pytest.mark.parametrize(
    ("first", "second", "value_after"),
    [
        ("[x: 1, y: 2]", "[y: 3, z: 4]", keyword(x=1, y=3, z=4)),
        ("[x: [p: 1, q: %{a: 1}]]", "[x: [q: %{b: 2}]]", keyword(x=keyword(p=1, q={Atom("b"): 2}))),
        ("%{x: 1}", "%{y: 2}", {Atom("y"): 2}),
        ("%{x: 1}", "[y: 2]", keyword(y=2)),
        ("[x: 1]", "%{y: 2}", {Atom("y"): 2}),
        ("[x: 1]", "[]", keyword(x=1)),
        ("[]", "[x: 1]", keyword(x=1)),
        ("[1, 2]", "[3]", [3]),
        ("[x: 1]", "nil", None),
        ("[x: 1, x: 2]", "[x: 3]", keyword(x=3)),
    ],
)
def test_keyword_lists_merge_deeply_and_all_else_is_replaced(first, second, value_after):
    assert value(f"config :snakepit, a: {first}\nconfig :snakepit, :a, {second}\n") == value_after


def test_put_env_merges_nothing():
    written = "Application.put_env(:snakepit, :a, [x: 1])\nApplication.put_env(:snakepit, :a, [y: 2])\n"

    assert value(written) == keyword(y=2)


def test_each_key_says_what_it_came_from():
    configuration = reading("config :snakepit, a: [x: 1], b: 1\nconfig :snakepit, a: [y: 2]\n")

    found = effective(configuration, "prod")

    assert list(found) == ["a", "b"]
    assert [setting.span.line for setting in found["a"].settings] == [1, 2]


def test_only_what_the_environment_takes_counts():
    written = "config :snakepit, a: 1\nif config_env() == :prod do\n  config :snakepit, a: 2\nend\n"
    written += 'import_config "#{config_env()}.exs"'
    beside = {"dev.exs": "config :snakepit, a: 3", "prod.exs": "", "test.exs": ""}
    configuration = reading(written, beside=beside)

    assert [plain(effective(configuration, name)["a"].value) for name in ("dev", "prod", "test")] == [3, 2, 1]


def test_the_environment_as_a_value_is_known():
    assert value("config :snakepit, a: %{x: [config_env()], y: Mix.env()}", "test") == {
        Atom("x"): [Atom("test")],
        Atom("y"): Atom("test"),
    }


def test_an_undecided_branch_keeps_both_possibilities():
    assert outcomes("config :snakepit, a: 1\nif f() do\n  config :snakepit, a: 2\nend\n") == [
        (("not (f())",), 1),
        (("f()",), 2),
    ]


def test_if_and_else_are_two_possibilities_and_never_both_or_neither():
    written = (
        "if f() do\n config :snakepit, a: [x: 1]\nelse\n config :snakepit, a: [y: 1]\nend\nconfig :snakepit, a: [z: 1]"
    )

    assert outcomes(written) == [(("not (f())",), keyword(y=1, z=1)), (("f()",), keyword(x=1, z=1))]
    assert outcomes(written.replace("if", "unless")) == [
        (("f()",), keyword(y=1, z=1)),
        (("not (f())",), keyword(x=1, z=1)),
    ]


def test_cond_takes_one_branch():
    written = (
        "cond do\n x -> config :snakepit, a: 1\n y -> config :snakepit, a: 2\n true -> config :snakepit, a: 3\nend\n"
    )

    assert [said for _, said in outcomes(written)] == [3, 2, 1]


def test_the_same_choice_is_made_once_for_a_key():
    written = "if f() do\n config :snakepit, a: [x: 1]\n config :snakepit, a: [y: 1]\nend\n"

    assert [said for _, said in outcomes(written)] == [None, keyword(x=1, y=1)]


def test_choices_within_choices():
    written = "if f() do\n if g() do\n  config :snakepit, a: 1\n else\n  config :snakepit, a: 2\n end\nend\n"

    assert outcomes(written) == [
        (("not (f())",), None),
        (("f()", "not (g())"), 2),
        (("f()", "g()"), 1),
    ]


def test_more_outcomes_than_are_kept_are_said():
    written = "".join(f"if f({n}) do\n config :snakepit, a: {n}\nend\n" for n in range(10))

    found = effective(reading(written), "prod")["a"]

    assert len(found.outcomes) == MOST_OUTCOMES
    assert not found.complete
    assert not found.decided
