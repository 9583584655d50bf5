"""The JSON document that says which tools there are and what each calls. Refused whole, with every problem."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .allowing import AllowList, is_name, never_function, never_name
from .conversions import CONVERSIONS
from .errors import ConfigurationRefused

FORMAT: Final = 1
DEEPEST: Final = 20
_SOURCES = ("argument", "constant", "step", "rest", "list", "object", "library")
_MODES = ("keywords", "mapping")


@dataclass(frozen=True, slots=True)
class Value:
    """One of the sources, then the path into it, then `if_none` in place of None, then the conversions.

    `source` is a key of the document and `content` what stands there: a name, a scalar, Values.
    """

    source: str
    content: Any
    default: tuple[Any, ...] = ()
    path: tuple[tuple[str, Any], ...] = ()
    if_none: tuple[Any, ...] = ()
    convert: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """`function` by its path, or `method` of `owner`, or neither: then the step is `owner` itself."""

    name: str
    function: str = ""
    method: str = ""
    owner: Value | None = None
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    star: Value | None = None
    double_star: Value | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    required: bool
    default: Any = None
    type: str = "any"


@dataclass(frozen=True, slots=True)
class Tool:
    """`mode` keywords: the arguments fit as in a call with keywords. mapping: they are a dict that is looked into."""

    name: str
    mode: str
    arguments: tuple[Argument, ...]
    more: bool
    steps: tuple[Step, ...]
    result: Value
    description: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    tools: Mapping[str, Tool]
    allow: AllowList
    refused: Mapping[str, str]


def read(text: str | bytes) -> Configuration:
    """Raises ConfigurationRefused."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationRefused((f"It is no JSON document: {error}.",)) from error
    return parse(document)


def parse(document: Any) -> Configuration:
    """Raises ConfigurationRefused with every problem."""
    reader = _Reader()
    configuration = reader.configuration(document)
    if reader.problems:
        raise ConfigurationRefused(tuple(reader.problems))
    return configuration


class _Reader:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def configuration(self, document: Any) -> Configuration:
        given = self._object(document, "the document", {"format", "allow", "tools", "refused"})
        if given.get("format") != FORMAT:
            self.problems.append(f"format: this adapter reads format {FORMAT}, not {given.get('format')!r}.")
        tools: dict[str, Tool] = {}
        for index, one in enumerate(self._list(given.get("tools", []), "tools")):
            tool = self._tool(one, f"tools[{index}]")
            if tool.name in tools:
                self.problems.append(f"tools[{index}].name: there are two tools {tool.name!r}.")
            tools[tool.name] = tool
        refused = self._object(given.get("refused", {}), "refused", None)
        if not all(isinstance(reason, str) for reason in refused.values()):
            self.problems.append("refused: each name has its reason, a text.")
        return Configuration(tools, self._allow(given.get("allow", {})), refused)

    def _allow(self, found: Any) -> AllowList:
        given = self._object(found, "allow", {"functions", "methods", "attributes"})
        functions = self._names(given.get("functions", []), "allow.functions")
        for prefix in functions:
            reason = never_function(prefix if "." in prefix else f"{prefix}.any")
            if prefix != "builtins" and reason:
                self.problems.append(f"allow.functions: {prefix!r} is never served: {reason}.")
        names = {}
        for kind in ("methods", "attributes"):
            names[kind] = self._names(given.get(kind, []), f"allow.{kind}")
            never = [one for one in names[kind] if never_name(one)]
            if never:
                self.problems.append(f"allow.{kind}: never reached: {', '.join(map(repr, never))}.")
        return AllowList(tuple(functions), frozenset(names["methods"]), frozenset(names["attributes"]))

    def _tool(self, found: Any, where: str) -> Tool:
        given = self._object(
            found,
            where,
            {"name", "description", "mode", "arguments", "more", "steps", "result"},
            needed=("name", "result"),
        )
        name = self._text(given.get("name"), f"{where}.name")
        mode = given.get("mode", "keywords")
        if mode not in _MODES:
            self.problems.append(f"{where}.mode: it is {mode!r}, not one of {', '.join(_MODES)}.")
        arguments = tuple(
            self._argument(one, f"{where}.arguments[{index}]")
            for index, one in enumerate(self._list(given.get("arguments", []), f"{where}.arguments"))
        )
        known = _Known({one.name for one in arguments} if mode == "keywords" else None, set())
        steps = []
        for index, one in enumerate(self._list(given.get("steps", []), f"{where}.steps")):
            steps.append(self._step(one, f"{where}.steps[{index}]", known))
            known.steps.add(steps[-1].name)
        result = self.value(given.get("result"), f"{where}.result", known)
        description = self._text(given.get("description", ""), f"{where}.description")
        return Tool(name, mode, arguments, bool(given.get("more", False)), tuple(steps), result, description)

    def _argument(self, found: Any, where: str) -> Argument:
        given = self._object(found, where, {"name", "default", "type"}, needed=("name",))
        name = self._text(given.get("name"), f"{where}.name")
        self._scalar(given.get("default"), f"{where}.default")
        return Argument(name, "default" not in given, given.get("default"), str(given.get("type", "any")))

    def _step(self, found: Any, where: str, known: "_Known") -> Step:
        keys = {"as", "call", "method", "on", "value", "args", "kwargs", "star", "double_star"}
        given = self._object(found, where, keys, needed=("as",))
        name = self._text(given.get("as"), f"{where}.as")
        if sum(kind in given for kind in ("call", "method", "value")) != 1 or ("on" in given) != ("method" in given):
            self.problems.append(f"{where}: a step has one of call, method (with on) and value.")
            return Step(name)
        function, method = given.get("call", ""), given.get("method", "")
        if "call" in given and (reason := never_function(str(function))):
            self.problems.append(f"{where}.call: {function!r} is never served: {reason}.")
        if "method" in given and never_name(str(method)):
            self.problems.append(f"{where}.method: {method!r} is never reached.")
        owner = next((self.value(given[key], f"{where}.{key}", known) for key in ("on", "value") if key in given), None)
        arguments = tuple(
            self.value(one, f"{where}.args[{index}]", known)
            for index, one in enumerate(self._list(given.get("args", []), f"{where}.args"))
        )
        keywords = {
            key: self.value(one, f"{where}.kwargs.{key}", known)
            for key, one in self._object(given.get("kwargs", {}), f"{where}.kwargs", None).items()
        }
        star, double_star = (
            self.value(given[key], f"{where}.{key}", known) if key in given else None for key in ("star", "double_star")
        )
        return Step(name, str(function), str(method), owner, arguments, keywords, star, double_star)

    def value(self, found: Any, where: str, known: "_Known", depth: int = 0) -> Value:
        given = self._object(found, where, {*_SOURCES, "default", "path", "if_none", "convert"})
        sources = [key for key in _SOURCES if key in given]
        if len(sources) != 1 or depth > DEEPEST:
            self.problems.append(f"{where}: a value has one of {', '.join(_SOURCES)}, at most {DEEPEST} deep.")
            return Value("constant", None)
        source = sources[0]
        content = self._content(source, given[source], where, known, depth)
        for key in ("default", "if_none"):
            self._scalar(given.get(key), f"{where}.{key}")
        default = (given["default"],) if "default" in given else ()
        if_none = (given["if_none"],) if "if_none" in given else ()
        names = self._names(given.get("convert", []), f"{where}.convert")
        for name in names:
            if name not in CONVERSIONS:
                self.problems.append(f"{where}.convert: there is no conversion {name!r}.")
        return Value(source, content, default, self._path(given.get("path", []), where), if_none, tuple(names))

    def _content(self, source: str, found: Any, where: str, known: "_Known", depth: int) -> Any:
        if source == "list":
            return tuple(
                self.value(one, f"{where}.list[{index}]", known, depth + 1)
                for index, one in enumerate(self._list(found, f"{where}.list"))
            )
        if source == "object":
            entries = self._object(found, f"{where}.object", None).items()
            return {key: self.value(one, f"{where}.object.{key}", known, depth + 1) for key, one in entries}
        if source == "constant":
            self._scalar(found, f"{where}.constant")
        elif source == "rest" and found is not True:
            self.problems.append(f"{where}.rest: it is true, or not there.")
        elif source in ("argument", "step", "library") and not isinstance(found, str):
            self.problems.append(f"{where}.{source}: a text is expected, not {type(found).__name__}.")
        elif source == "library" and (reason := never_function(str(found))):
            self.problems.append(f"{where}.library: {found!r} is never served: {reason}.")
        elif source == "step" and found not in known.steps:
            self.problems.append(f"{where}.step: there is no step {found!r} before it.")
        elif source == "argument" and known.arguments is not None and found not in known.arguments:
            self.problems.append(f"{where}.argument: the tool has no argument {found!r}.")
        return found

    def _path(self, found: Any, where: str) -> tuple[tuple[str, Any], ...]:
        parts: list[tuple[str, Any]] = []
        for index, one in enumerate(self._list(found, f"{where}.path")):
            if not isinstance(one, dict) or len(one) != 1 or next(iter(one)) not in ("item", "attribute"):
                self.problems.append(f"{where}.path[{index}]: a part is an item or an attribute.")
                continue
            kind, name = next(iter(one.items()))
            if kind == "attribute" and never_name(str(name)):
                self.problems.append(f"{where}.path[{index}]: the attribute {name!r} is never reached.")
            if kind == "item" and type(name) not in (str, int):
                self.problems.append(f"{where}.path[{index}]: an item is a text or a whole number.")
            parts.append((kind, name))
        return tuple(parts)

    def _object(self, found: Any, where: str, keys: set[str] | None, needed: tuple[str, ...] = ()) -> dict[str, Any]:
        if not isinstance(found, dict):
            self.problems.append(f"{where}: an object is expected, not {type(found).__name__}.")
            return {}
        if keys is not None and (unknown := sorted(set(found) - keys)):
            self.problems.append(
                f"{where}: unknown {', '.join(map(repr, unknown))}; known are {', '.join(sorted(keys))}."
            )
        self.problems += [f"{where}: {key} is missing." for key in needed if key not in found]
        return found

    def _list(self, found: Any, where: str) -> list[Any]:
        if isinstance(found, list):
            return found
        self.problems.append(f"{where}: a list is expected, not {type(found).__name__}.")
        return []

    def _names(self, found: Any, where: str) -> list[str]:
        names = self._list(found, where)
        if not all(isinstance(one, str) and all(map(is_name, one.split("."))) for one in names):
            self.problems.append(f"{where}: names are expected, none with an underscore at its beginning.")
            return []
        return names

    def _text(self, found: Any, where: str) -> str:
        if not isinstance(found, str):
            self.problems.append(f"{where}: a text is expected, not {type(found).__name__}.")
        return str(found)

    def _scalar(self, found: Any, where: str) -> None:
        if not isinstance(found, str | int | float | bool | None):
            self.problems.append(
                f"{where}: a text, number, true, false or null is expected; build others with list and object."
            )


@dataclass(slots=True)
class _Known:
    """`arguments` is None where any name may be looked up."""

    arguments: set[str] | None
    steps: set[str]
