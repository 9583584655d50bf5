import pytest
import tree_sitter_elixir
from tree_sitter import Language, Node, Parser

from migrations_app.sources import elixir_nodes as nodes


def node_of(code: str) -> Node:
    return Parser(Language(tree_sitter_elixir.language())).parse(code.encode()).root_node.named_children[0]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("Snakepit.Pool", "Snakepit.Pool"),
        ("__MODULE__", "__MODULE__"),
        ("__MODULE__.A", "__MODULE__.A"),
        ("x.A", ""),
        ("x", ""),
    ],
)
def test_what_names_a_module(code, name):
    assert nodes.module_name(node_of(code)) == name


@pytest.mark.parametrize(
    ("code", "arity"), [("f()", 0), ("f(1, a: 1, b: 2)", 2), ("f 1 do\n 2\nend", 2), ("f(1, # one\n 2)", 2)]
)
def test_how_many_arguments_a_call_gives(code, arity):
    call = node_of(code)

    assert nodes.arity(call, nodes.arguments(call)) == arity


@pytest.mark.parametrize(("code", "line"), [("f(1\n", 2), ("1\n2\n) )", 3)])
def test_where_code_is_broken(code, line):
    root = node_of(code).parent

    assert root is not None
    assert next(iter(nodes.broken(root))).line == line
