from migrations_app.configuration.plain import AtRunTime
from migrations_app.configuration.values import Atom, Module
from tests.configuration.reading_of import value_of


def test_a_map_is_a_dict_and_a_keyword_list_its_pairs():
    assert value_of('%{"x" => [a: 1], :b => {2, X}, 3 => [], Mod => 4}') == {
        "x": [(Atom("a"), 1)],
        Atom("b"): (2, Module("X")),
        3: [],
        Atom("Elixir.Mod"): 4,
    }


def test_an_expression_is_its_text():
    assert value_of("f(1)") == AtRunTime("f(1)")


def test_keys_that_python_takes_for_one_another_stay_apart():
    assert value_of("%{1 => :a, true => :b}") == {1: Atom("a"), Atom("true"): Atom("b")}
