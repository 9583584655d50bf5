"""The arguments that both sides are called with: recorded ones, examples, edges, and what the types suggest."""

import ast
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies

from migrations_app.handlers.adapter.equivalence.drawing import draw
from migrations_app.handlers.adapter.equivalence.strategies import ANYTHING, Values, of_bytes, of_parameter
from migrations_app.handlers.adapter.equivalence.uses import Use, uses
from migrations_app.handlers.adapter.facts import Parameter, Tool

Arguments = dict[str, Any]
EDGES: Final[tuple[Any, ...]] = (
    0,
    "",
    None,
    [],
    -1,
    1.5,
    True,
    {},
    "0",
    math.nan,
    2**63,
    [0],
    math.inf,
    "é日🙂\u0000",
    -0.0,
    {"a": 1},
    1e308,
    False,
    [[1, 2], [3, 4]],
    -(10**30),
    "x" * 1_000,
    5e-324,
    -math.inf,
    ["a", None, 1.5],
    of_bytes(b"\x00\xff"),
    "\ud800",
)
MORE: Final = ("first", "second")  # what those are called with who take any name


@dataclass(frozen=True, slots=True)
class Case:
    source: str
    arguments: Arguments


def cases_of(
    root: Path, tool: Tool, entry: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]], *, seed: int, count: int
) -> list[Case]:
    """Recorded ones and examples all, then as many as make `count`: at least a third each of edges and generated
    ones, where there are so many different ones. The same arguments occur once."""
    parameters = takes(tool, entry)
    told = [Case("recorded", dict(one)) for one in recorded] + [
        Case("examples", one) for one in examples(tool, parameters)
    ]
    number = int.from_bytes(hashlib.sha256(f"{seed}\n{tool.name}".encode()).digest()[:8], "big")
    drawn = draw(_strategy(parameters, uses(root, tool)), count * 2, number=number)
    seen: set[str] = set()
    told = _new(told, seen)
    around = _edges(parameters, [one.arguments for one in told] + drawn)
    edges = _new([Case("edges", one) for one in around], seen)
    generated = _new([Case("generated", one) for one in drawn], seen)
    room = max(0, count - len(told))
    edges = edges[: max(room // 3, room - len(generated))]
    return [*told, *generated[: room - len(edges)], *edges]


def _new(cases: Sequence[Case], seen: set[str]) -> list[Case]:
    found = []
    for one in cases:
        text = text_of(one.arguments)
        if text not in seen:
            seen.add(text)
            found.append(one)
    return found


def text_of(arguments: Any) -> str:
    return json.dumps(arguments, sort_keys=True)


def takes(tool: Tool, entry: Mapping[str, Any]) -> list[Parameter]:
    """Those of the method; where the entry looks into a dict of arguments, those that it asks for there."""
    if entry.get("mode", "keywords") == "keywords":
        own = [one for one in tool.parameters if one.kind != "more_positional"]
        return own or [_parameter(one) for one in entry.get("arguments", ())]
    found: dict[str, Parameter] = {}
    waiting: list[Any] = [entry.get("steps"), entry.get("result")]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict):
            if isinstance(name := one.get("argument"), str):
                found.setdefault(name, _parameter({**one, "name": name}))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return list(found.values())


def _parameter(written: Mapping[str, Any]) -> Parameter:
    """From an argument of an entry."""
    return Parameter(written["name"], "plain", default=repr(written["default"]) if "default" in written else None)


def examples(tool: Tool, parameters: Sequence[Parameter]) -> Iterator[Arguments]:
    """Calls of the tool in its docstring whose arguments are literals that JSON can say."""
    own = {tool.name, *(one.rpartition(":")[2].rpartition(".")[2] for one in tool.functions)}
    for example in tool.examples:
        try:
            [statement] = ast.parse(example.call).body
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in own and (found := _literals(node, parameters)) is not None:
                    yield found


def _literals(call: ast.Call, parameters: Sequence[Parameter]) -> Arguments | None:
    names = [one.name for one in parameters if one.kind in ("plain", "positional_only")]
    if len(call.args) > len(names):
        return None
    given: Arguments = {}
    try:
        for name, value in zip(names, call.args, strict=False):
            given[name] = _safe(ast.literal_eval(value))
        for keyword in call.keywords:
            if keyword.arg is None:
                return None
            given[keyword.arg] = _safe(ast.literal_eval(keyword.value))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return given


def _safe(value: Any) -> Any:
    """As Snakepit would send it. Raises ValueError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return of_bytes(value)
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _safe(one) for key, one in value.items()}
    raise ValueError(f"{type(value).__name__} is nothing that JSON can say")


def _strategy(parameters: Sequence[Parameter], used: Mapping[str, Use]) -> "strategies.SearchStrategy[Arguments]":
    required: dict[str, Values] = {}
    optional: dict[str, Values] = {}
    for one in parameters:
        if one.kind == "more_keywords":
            continue
        use = used.get(one.name, Use())
        values = of_parameter(one.annotation, one.default, use.hints, use.constants)
        (required if one.default is None else optional)[one.name] = values
    if any(one.kind == "more_keywords" for one in parameters):
        optional |= {name: ANYTHING for name in MORE if name not in required}
    return strategies.fixed_dictionaries(required, optional=optional)


def _edges(parameters: Sequence[Parameter], bases: Sequence[Arguments]) -> Iterator[Arguments]:
    """One thing at a time is at its edge, the rest as in one of the other cases; the plainest edges come first."""
    plain = bases or [{}]
    parameters = [one for one in parameters if one.kind != "more_keywords"]
    yield {}
    yield {**plain[0], "unexpected": 1}
    for number, one in enumerate(parameters):
        base = plain[number % len(plain)]
        yield {name: value for name, value in base.items() if name != one.name}
        yield {other.name: base[other.name] for other in parameters if other.name in base and other.default is None}
    for number, edge in enumerate(EDGES):
        for place, one in enumerate(parameters):
            yield {**plain[(number + place) % len(plain)], one.name: edge}
