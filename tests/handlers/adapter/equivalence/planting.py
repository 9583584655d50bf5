"""A tool of ours against an entry of ours: what a comparison says of the two."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.equivalence.comparing import compare
from migrations_app.handlers.adapter.equivalence.report import ToolReport
from migrations_app.sandbox import why_not
from tests.handlers.adapter.reading import HEAD

needs_sandbox = pytest.mark.skipif(why_not() != "", reason=f"this machine has no sandbox: {why_not()}")


def argument(name: str, *convert: str) -> dict[str, Any]:
    return {"argument": name, **({"convert": list(convert)} if convert else {})}


def calls(function: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Steps of one call whose answer is the result."""
    return {"steps": [{"as": "v1", "call": function, "args": list(args), "kwargs": kwargs}], "result": {"step": "v1"}}


def entry_of(arguments: Sequence[str | tuple[str, Any]], **rest: Any) -> dict[str, Any]:
    """A name is required; a pair has its default."""
    named = [{"name": one} if isinstance(one, str) else {"name": one[0], "default": one[1]} for one in arguments]
    return {"name": "t", "mode": "keywords", "arguments": named, **rest}


def project(directory: Path, body: str, *, signature: str = "self, x", before: str = "", doc: str = "") -> Path:
    root = directory / "project"
    root.mkdir(exist_ok=True)
    lines = [f'"""{doc}"""'] * bool(doc) + body.splitlines()
    text = "\n".join(f"        {line}" for line in lines)
    (root / "adapter.py").write_text(f"{before}\n{HEAD}\n    @tool()\n    def t({signature}):\n{text}\n")
    return root


def against(root: Path, entry: Mapping[str, Any], allow: Sequence[str] = (), **options: Any) -> ToolReport:
    allowed = {
        "functions": list(allow),
        "methods": options.pop("methods", []),
        "attributes": options.pop("attributes", []),
    }
    configuration = {"format": 1, "allow": allowed, "tools": [dict(entry)], "refused": {}}
    analysis = analyze(root, installed={})
    report = compare(root, analysis, configuration, adapter="adapter.A", tools=["t"], **options)
    [tool] = report.tools
    return tool
