"""Adapters that came and went: modules of Elixir, and the Python classes that `--adapter` names."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.values import Literal, Module, Sequence, Table, Value
from migrations_app.snakepit.versions import Version

GRPC_PYTHON = "Snakepit.Adapters.GRPCPython"


@dataclass(frozen=True, slots=True)
class Gone:
    """`until`: the first release without it. `successor`: what does the same afterwards; empty when nothing does."""

    name: str
    until: str
    successor: str
    why: str


MODULES = (
    Gone("Snakepit.Adapters.GenericPython", "0.4.0", GRPC_PYTHON, "Python is reached by gRPC alone since 0.4.0"),
    Gone("Snakepit.Adapters.GenericPythonV2", "0.4.0", GRPC_PYTHON, "Python is reached by gRPC alone since 0.4.0"),
    Gone("Snakepit.Adapters.GenericPythonMsgpack", "0.4.0", GRPC_PYTHON, "Python is reached by gRPC alone since 0.4.0"),
    Gone("Snakepit.Adapters.EnhancedPython", "0.4.0", "", "its calls by dotted path have no successor"),
    Gone("Snakepit.Adapters.GenericJavaScript", "0.4.0", "", "JavaScript has no successor"),
    Gone("Snakepit.Adapters.GRPCBridge", "0.4.2", GRPC_PYTHON, "it became one with GRPCPython"),
)
SHOWCASE = "snakepit_bridge.adapters.showcase.showcase_adapter.ShowcaseAdapter"
PYTHON_CLASSES = (
    Gone("snakepit_bridge.adapters.grpc_streaming.", "0.4.2", "", "the module is gone"),
    Gone("snakepit_bridge.adapters.enhanced.", "0.4.2", "", "the module is gone"),
    Gone("snakepit_bridge.adapters.dspy_streaming.", "0.4.2", "", "the module is gone"),
    Gone("snakepit_bridge.adapters.generic.", "0.4.0", "", "the module is gone"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """A place where an adapter is named, `key` as the dotted path."""

    key: str
    value: Literal
    name: str


def modules(configuration: Configuration) -> Iterator[Named]:
    for key, value in _tables(configuration):
        if key.rpartition(".")[2] in ("adapter_module", "adapter"):
            yield from _named(key, value, Module)


def classes(configuration: Configuration) -> Iterator[Named]:
    """What stands after `--adapter`, or alone as `adapter_spec`."""
    for key, value in _tables(configuration):
        if key.endswith("adapter_args") and isinstance(value, Sequence):
            for flag, item in zip(value.items, value.items[1:], strict=False):
                if isinstance(flag, Literal) and flag.value == "--adapter":
                    yield from _named(key, item, str)
        elif key.endswith("adapter_spec"):
            yield from _named(key, value, str)


def _named(key: str, value: Value, kind: type[Module] | type[str]) -> Iterator[Named]:
    if isinstance(value, Literal) and isinstance(value.value, kind):
        yield Named(key, value, value.value.name if isinstance(value.value, Module) else value.value)


def _tables(configuration: Configuration) -> Iterator[tuple[str, Value]]:
    """Every entry down to the pools' own keys."""
    for setting in configuration.settings:
        yield setting.key, setting.value
        if setting.key in ("pools", "pool_config"):
            yield from _within(setting.key, setting.value)


def _within(path: str, value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Table):
        for entry in value.entries:
            yield f"{path}.{entry.name}", entry.value
            yield from _within(f"{path}.{entry.name}", entry.value)
    elif isinstance(value, Sequence):
        for number, item in enumerate(value.items):
            yield from _within(f"{path}.{number}", item)


def gone(configuration: Configuration, at: Version) -> Iterator[tuple[Named, Gone]]:
    for named in modules(configuration):
        yield from ((named, one) for one in MODULES if one.name == named.name and at >= Version(one.until))
    for named in classes(configuration):
        yield from (
            (named, one) for one in PYTHON_CLASSES if named.name.startswith(one.name) and at >= Version(one.until)
        )


def problems(configuration: Configuration, at: Version) -> Iterator[ConfigProblem]:
    for named, one in gone(configuration, at):
        message = f"`{named.key}` names {named.name}, which Snakepit {at} no longer has: {one.why}. No worker starts."
        fix = f"Take {one.successor}." if one.successor else "Write an adapter of your own and name it here."
        yield ConfigProblem("removed-adapter", Severity.ERROR, named.key, message, fix, named.value.span)
