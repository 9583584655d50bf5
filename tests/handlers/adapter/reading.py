"""Code of a test as a project; what the generic adapter makes of a tool; and what the tool itself answers."""

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.facts import Analysis, Mapping, Tool
from migrations_app.handlers.adapter.generic.configuration import parse as configured
from migrations_app.handlers.adapter.generic.serving import serve
from migrations_app.handlers.adapter.project.module import Module, parse
from migrations_app.handlers.adapter.project.names import Project

HEAD = """
from snakepit_bridge.base_adapter import BaseAdapter, tool

class A(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)
"""
FIXTURES = Path(__file__).parent / "fixtures"


def project_of(**files: str) -> Project:
    """`a__b="..."` is the file a/b.py."""
    modules = {}
    for name, code in files.items():
        path = f"{name.replace('__', '/')}.py".replace("/init.py", "/__init__.py")
        module = parse(path, code.encode())
        assert isinstance(module, Module), module
        modules[path] = module
    return Project(modules)


def analysis_of(directory: Path, code: str) -> Analysis:
    (directory / "adapter.py").write_text(code)
    return analyze(directory, installed={})


def tool_of(
    directory: Path, body: str, *, before: str = "", signature: str = "self, x=1, y=2", head: str = HEAD
) -> Tool:
    """The tool `t` of an adapter, with this body; `before` stands at the top of the file."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    code = f"{before}\n{head}\n    @tool()\n    def t({signature}):\n{lines}\n"
    [adapter] = analysis_of(directory, code).adapters
    return next(tool for tool in adapter.tools if tool.name == "t")


def mapped(directory: Path, body: str, **given: str) -> Mapping:
    return tool_of(directory, body, **given).mapping


def codes(mapping: Mapping) -> set[str]:
    return {reason.code for reason in mapping.reasons}


def outcome(function: Any, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """The answer with the types in it, or the kind of the error."""
    try:
        answer = function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - compared, whatever it is
        kinds = [kind for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        return ("raised", kinds[0].__name__)
    return ("answered", repr(answer))


def by_entry(mapping: Mapping, arguments: dict[str, Any]) -> tuple[Any, ...]:
    assert mapping.entry is not None, mapping.reasons
    configuration = configured({"format": 1, "allow": mapping.allow, "tools": [mapping.entry]})
    [tool] = configuration.tools.values()
    return outcome(serve, tool, arguments, configuration.allow)


def instance_of(code: str, name: str) -> Any:
    """An adapter of ours, made as Snakepit makes it. Only for code that a test wrote."""
    bridge = _bridge()
    kept = {module: sys.modules.get(module) for module in bridge}
    sys.modules.update(bridge)
    try:
        namespace: dict[str, Any] = {"__name__": "ours"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd code by chance
            exec(compile(code, "ours", "exec"), namespace)  # noqa: S102
        return namespace[name]()
    finally:
        for module, before in kept.items():
            if before is None:
                del sys.modules[module]
            else:
                sys.modules[module] = before


class _BaseAdapter:
    def call_tool(self, tool_name: str, **kwargs: Any) -> Any:
        return getattr(self, tool_name)(**kwargs)


class _BaseCommandHandler:
    def __init__(self) -> None:
        self.commands: dict[str, Any] = {}
        self._register_commands()

    def _register_commands(self) -> None:
        raise NotImplementedError

    def register_command(self, name: str, handler: Any) -> None:
        self.commands[name] = handler

    def execute_tool(self, command: str, arguments: dict[str, Any], _context: object) -> Any:
        return self.commands[command](arguments)


def _bridge() -> dict[str, ModuleType]:
    """As much of Snakepit's package as those adapters touch: its base class calls a method by name."""
    names = (
        "snakepit_bridge",
        "snakepit_bridge.base_adapter",
        "snakepit_bridge.base_adapter_threaded",
        "snakepit_bridge.core",
    )
    made = {name: ModuleType(name) for name in names}
    for module in made.values():
        module.__dict__.update(
            BaseAdapter=_BaseAdapter,
            ThreadSafeAdapter=_BaseAdapter,
            BaseCommandHandler=_BaseCommandHandler,
            tool=lambda *_, **__: lambda function: function,
            thread_safe_method=lambda function: function,
        )
    return made
