import pytest

from migrations_app.configuration.plain import AtRunTime
from migrations_app.configuration.values import Atom, Expression, Form, Literal, Module, Table
from tests.configuration.reading_of import reading, said, value_of


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("50_051", 50051),
        ("0x1F", 31),
        ("007", 7),
        ("-1", -1),
        ("1.5e-3", 0.0015),
        ("-2_000.5", -2000.5),
        ("?a", 97),
        ("?\\n", 10),
        ("true", True),
        (":nil", None),
        (":ok?", Atom("ok?")),
        (':"odd one"', Atom("odd one")),
        ("Snakepit.Adapters.GRPCPython", Module("Snakepit.Adapters.GRPCPython")),
        (':"Elixir.Snakepit.Pool"', Module("Snakepit.Pool")),
        ("Elixir.Snakepit.Pool", Module("Snakepit.Pool")),
        ("[]", []),
        ("%{}", {}),
        ("{1, :seconds}", (1, Atom("seconds"))),
        ("{:a, b: 1}", (Atom("a"), [(Atom("b"), 1)])),
        ("[:a, b: 1]", [Atom("a"), (Atom("b"), 1)]),
        ("[{:a, 1}, b?: 2]", [(Atom("a"), 1), (Atom("b?"), 2)]),
        ('[{"PATH", "x"}]', [("PATH", "x")]),
        ('["odd key": 1]', [(Atom("odd key"), 1)]),
        ("~w(a b)", ["a", "b"]),
        ("~w(a b)a", [Atom("a"), Atom("b")]),
        ('%{"x" => 1, :y => 2, 3 => 4}', {"x": 1, Atom("y"): 2, 3: 4}),
        ("a: 1, b: [c: 2]", [(Atom("a"), 1), (Atom("b"), [(Atom("c"), 2)])]),
    ],
)
def test_literals(written, value):
    assert value_of(written) == value
    assert type(value_of(written)) is type(value)


@pytest.mark.parametrize(
    "written",
    [
        "System.schedulers_online() * 2",
        "config_env()",
        "a || b",
        "%{base | a: 1}",
        "%Struct{a: 1}",
        "[head | tail]",
        "%{key => 1}",
        "<<1, 2>>",
        "fn x -> x end",
        "~r/a/",
        "(1)",
        "60 * 1000",
        "@attribute",
    ],
)
def test_what_is_not_literal_stays_as_it_is_written(written):
    assert value_of(written) == AtRunTime(written)


def test_an_expression_within_a_map_leaves_the_rest_of_it_literal():
    assert value_of("%{a: f(), b: 2}") == {Atom("a"): AtRunTime("f()"), Atom("b"): 2}


def test_every_value_knows_its_bytes():
    written = 'config :snakepit,\n  é: "ü", pool: %{"x" => [1, {:a, b}], "odd": 2.0}\n'

    configuration = reading(written)
    content = written.encode()

    first, second = configuration.settings
    assert content[first.span.start : first.span.end] == 'é: "ü"'.encode()
    assert content[first.key_span.start : first.key_span.end] == "é".encode()
    assert (second.span.line, second.span.column) == (2, 11)
    assert content[second.call.start : second.call.end] == content.rstrip()
    assert isinstance(second.value, Table)
    assert second.value.form is Form.MAP
    x, odd = second.value.entries
    assert content[x.span.start : x.span.end] == b'"x" => [1, {:a, b}]'
    assert content[odd.key.span.start : odd.key.span.end] == b'"odd"'
    assert content[odd.value.span.start : odd.value.span.end] == b"2.0"


def test_a_bare_keyword_list_spans_its_pairs():
    (setting,) = reading("config :snakepit, :pool, a: 1,\n  b: 2 # c\n").settings

    assert setting.value.form is Form.KEYWORD
    assert (setting.value.span.start, setting.value.span.end) == (25, 37)


def test_an_expression_says_the_environment_variables_that_it_reads():
    (setting,) = reading(
        'config :snakepit, port: String.to_integer(System.get_env("PORT", "1")) || System.fetch_env!("P2")'
    ).settings

    assert isinstance(setting.value, Expression)
    assert setting.value.variables == ("PORT", "P2")


def test_an_alias_is_the_module_that_it_stands_for():
    configuration = reading(
        "alias Snakepit.Adapters.{GRPCPython, Other}\nalias A.B, as: C\n"
        "config :snakepit, a: GRPCPython, b: C.D, c: Other, d: Plain\n"
    )

    assert said(configuration) == [
        ("a", Module("Snakepit.Adapters.GRPCPython")),
        ("b", Module("A.B.D")),
        ("c", Module("Snakepit.Adapters.Other")),
        ("d", Module("Plain")),
    ]
    assert isinstance(configuration.settings[0].value, Literal)
