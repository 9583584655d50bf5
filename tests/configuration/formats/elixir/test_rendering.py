import pytest

from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.formats.elixir.rendering import render
from migrations_app.configuration.values import Atom, Module, Span
from tests.configuration.reading_of import value_of


@pytest.mark.parametrize(
    ("new", "written"),
    [
        (None, "nil"),
        (True, "true"),
        (50051, "50051"),
        (300000, "300_000"),
        (-1000000, "-1_000_000"),
        (2.0, "2.0"),
        (1e-7, "1.0e-07"),
        (1e22, "1.0e22"),
        ('a "b" \\ #{c} #d\n\x00é', '"a \\"b\\" \\\\ \\#{c} #d\\n\\u{0}é"'),
        (Atom("process"), ":process"),
        (Atom("ok?"), ":ok?"),
        (Atom("odd one"), ':"odd one"'),
        (Atom("nil"), "nil"),
        (Module("Snakepit.Adapters.GRPCPython"), "Snakepit.Adapters.GRPCPython"),
        (Module("odd"), ':"Elixir.odd"'),
        ({}, "%{}"),
        ([], "[]"),
        ((), "{}"),
        ([1, "a"], '[1, "a"]'),
        ((3600, Atom("seconds")), "{3600, :seconds}"),
        ([(Atom("a"), 1), (Atom("b c"), [])], '[a: 1, "b c": []]'),
        ([("PATH", "x")], '[{"PATH", "x"}]'),
        ({"mode": Atom("internal"), Atom("x"): 1}, "%{mode: :internal, x: 1}"),
        ({"PATH": "x", "mode": 1}, '%{"PATH" => "x", :mode => 1}'),
        ({1: 2}, "%{1 => 2}"),
    ],
)
def test_values_on_one_line(new, written):
    assert render(new) == written


def test_what_does_not_fit_has_a_line_for_each_entry():
    args = ["--adapter", "orders.adapters.with_a_rather_long_name.AndAClassOfIt", "--max-workers", "16"]

    assert render({"args": args, "n": 1}, "  ", 8) == (
        "%{\n"
        "    args: [\n"
        '      "--adapter",\n'
        '      "orders.adapters.with_a_rather_long_name.AndAClassOfIt",\n'
        '      "--max-workers",\n'
        '      "16"\n'
        "    ],\n"
        "    n: 1\n"
        "  }"
    )


def test_a_verbatim_part_needs_bytes_to_come_from():
    with pytest.raises(NotEditable, match=r"config\.exs, line 3"):
        render([Verbatim(Span("config.exs", 0, 1, 3, 1))])


def test_what_elixir_has_no_number_for_is_refused():
    with pytest.raises(ValueError, match="no number inf"):
        render(float("inf"))


def test_rendered_text_is_read_as_what_it_was():
    new = {Atom("a"): [(Atom("b"), (1, "x\ty")), (Atom("c"), None)], "X": Module("A.B"), 3: [1.5, -2]}

    assert value_of(render(new)) == new
