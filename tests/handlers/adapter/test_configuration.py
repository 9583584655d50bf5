import json

import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.configuration import generic_configuration
from migrations_app.handlers.adapter.generic import GenericAdapter
from migrations_app.handlers.adapter.generic.errors import ToolRefused
from tests.handlers.adapter.reading import FIXTURES


def test_it_is_what_the_generic_adapter_reads(tmp_path, monkeypatch):
    document = generic_configuration(analyze(FIXTURES / "table_dispatch", installed={}))
    (tmp_path / "tools.json").write_text(json.dumps(document))
    monkeypatch.setenv("SNAKEPIT_GENERIC_ADAPTER", str(tmp_path / "tools.json"))

    assert GenericAdapter().execute_tool("split", {"text": "a-b", "by": "-"}, None) == ["a", "b"]
    assert {tool["name"] for tool in GenericAdapter().get_tools()} == {"capitals", "count", "find", "shout", "split"}


def test_what_is_manual_is_refused_with_its_reason(tmp_path, monkeypatch):
    document = generic_configuration(analyze(FIXTURES / "streaming", installed={}))
    (tmp_path / "tools.json").write_text(json.dumps(document))
    monkeypatch.setenv("SNAKEPIT_GENERIC_ADAPTER", str(tmp_path / "tools.json"))

    with pytest.raises(ToolRefused, match="answers piece by piece"):
        GenericAdapter().execute_tool("count", {}, None)
    assert document["allow"] == {"functions": ["builtins.zip"]}


def test_an_adapter_is_chosen_by_its_name():
    analysis = analyze(FIXTURES / "wrapped", installed={})

    assert set(generic_configuration(analysis, "adapter.SetUp")["refused"]) == {"root"}
    with pytest.raises(LookupError):
        generic_configuration(analysis, "adapter.Nobody")
