"""Calls of a real node, and peers that are none."""

import pytest

from migrations_app.beam import node as node_module
from migrations_app.beam.node import Atom, Node, NodeFailed
from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.testing.beam import COOKIE


@pytest.fixture
def node(beam_node):
    with Node(beam_node.address, COOKIE) as node:
        yield node


def test_expressions_are_evaluated_with_what_is_bound(node):
    assert node.evaluate("X + length(L)", X=40, L=[b"a", b"b"]) == 42
    assert node.evaluate("{a, true, nil, 1 bsl 70, <<1, 2>>}") == (Atom("a"), True, None, 1 << 70, b"\x01\x02")
    assert node.evaluate("A = 1, B = A + 1, {A, B}") == (1, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/0", "badarith"),
        ('throw({secret, <<"id">>})', "secret"),
        ("exit(1.5)", "unknown"),
        ("no_such:function()", "undef"),
        ("X +", "could not be evaluated"),
        ("unbound_is_a_variable(Y)", "could not be evaluated"),
    ],
)
def test_of_a_failure_only_its_kind_is_told(node, text, reason):
    with pytest.raises(NodeFailed, match=reason) as caught:
        node.evaluate(text)
    assert "id" not in caught.value.reason.split()
    assert node.evaluate("1") == 1


def test_a_slow_answer_is_given_up_and_the_next_call_gets_its_own(node):
    with pytest.raises(DependencyUnavailable, match=r"within 0\.3 s"):
        node.evaluate("timer:sleep(1000), late", seconds=0.3)
    assert node.evaluate("timer:sleep(1000), mine") == Atom("mine")


def test_a_frozen_node_is_given_up(disposable_node):
    with Node(disposable_node.address, COOKIE) as node:
        node.evaluate("1")
        disposable_node.freeze()
        with pytest.raises(DependencyUnavailable):
            node.evaluate("2", seconds=0.3)
        disposable_node.thaw()
        assert node.evaluate("3") == 3


def test_a_silent_connection_is_made_anew(node, monkeypatch):
    node.evaluate("1")
    monkeypatch.setattr(node_module, "IDLE_SECONDS", -1.0)
    before = node.evaluate("length(nodes(hidden))")

    assert node.evaluate("length(nodes(hidden))") <= before
