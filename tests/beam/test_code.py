"""Our code on a node: compiled there, loaded once, taken away."""

import pytest

from migrations_app.beam import code
from migrations_app.beam.code import CodeRefused
from migrations_app.beam.node import Node
from migrations_app.testing.beam import COOKIE

LOADED = "code:is_loaded(snakeweb_node)"


@pytest.fixture
def node(disposable_node):
    with Node(disposable_node.address, COOKIE) as node:
        yield node


def test_the_helper_is_loaded_once_and_taken_away(node):
    code.load_helper(node)
    first = node.evaluate("snakeweb_node:module_info(md5)")
    code.load_helper(node)

    assert node.evaluate("snakeweb_node:module_info(md5)") == first
    assert node.evaluate("erlang:check_old_code(snakeweb_node)") is False

    code.unload_helper(node)
    assert node.evaluate(LOADED) is False


def test_another_version_of_the_helper_takes_its_place(node, tmp_path, monkeypatch):
    (tmp_path / "snakeweb_node.erl").write_text("-module(snakeweb_node).\n-export([old/0]).\nold() -> ?MODULE.\n")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(code, "SOURCES", tmp_path)
        code.load_helper(node)
        assert node.evaluate("snakeweb_node:old()").name == "snakeweb_node"

    code.load_helper(node)

    assert node.evaluate("erlang:function_exported(snakeweb_node, old, 0)") is False
    assert node.evaluate("erlang:function_exported(snakeweb_node, hold, 3)") is True


def test_a_text_that_does_not_compile_is_refused(node, tmp_path, monkeypatch):
    (tmp_path / "broken.erl").write_text("-module(broken).\n-export([f/0]).\ng() -> ok.\n")
    monkeypatch.setattr(code, "SOURCES", tmp_path)

    with pytest.raises(CodeRefused, match="did not compile"):
        code.compiled(node, "broken", "broken")
    assert node.evaluate("code:is_loaded(broken)") is False
