"""What a tool of the configuration does with its arguments: its steps one after the other, then its result."""

from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .allowing import AllowList
from .configuration import Argument, Step, Tool, Value
from .conversions import convert
from .errors import StreamRefused, WrongArguments


def serve(tool: Tool, arguments: Mapping[str, Any], allow: AllowList) -> Any:
    """Raises WrongArguments, NotAllowed, StreamRefused; what a library raises passes as it is."""
    call = _Call(tool, allow, dict(arguments))
    if tool.mode == "keywords":
        call.bind()
    for step in tool.steps:
        call.done[step.name] = call.step(step)
    result = call.value(tool.result)
    if isinstance(result, Iterator | AsyncIterator | Coroutine):
        raise StreamRefused(
            f"The tool {tool.name!r} answered with a stream, and the generic adapter serves none. "
            "Convert the result to a list in its configuration, or serve it from an adapter of its own."
        )
    return result


@dataclass(slots=True)
class _Call:
    """`rest` is the same dict throughout: what a step takes out of it is gone for the next one."""

    tool: Tool
    allow: AllowList
    rest: dict[str, Any]
    bound: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)

    def bind(self) -> None:
        missing = []
        for one in self.tool.arguments:
            if one.name in self.rest:
                self.bound[one.name] = self.rest.pop(one.name)
            elif one.required:
                missing.append(one.name)
            else:
                self.bound[one.name] = one.default
        unexpected = [] if self.tool.more else sorted(self.rest)
        if missing or unexpected:
            raise WrongArguments(_misfit(self.tool.name, missing, unexpected, self.tool.arguments))

    def step(self, step: Step) -> Any:
        owner = None if step.owner is None else self.value(step.owner)
        if step.method:
            function = self.allow.method(owner, step.method)
        elif step.function:
            function = self.allow.function(step.function)
        else:
            return owner
        positional = [self.value(one) for one in step.arguments]
        if step.star is not None:
            positional += self.value(step.star)
        keywords = {name: self.value(one) for name, one in step.keywords.items()}
        if step.double_star is None:
            return function(*positional, **keywords)
        return function(*positional, **keywords, **self.value(step.double_star))

    def value(self, value: Value) -> Any:
        found = self._source(value)
        for kind, name in value.path:
            found = found[name] if kind == "item" else self.allow.attribute(found, name)
        if found is None and value.if_none:
            found = value.if_none[0]
        return convert(found, value.convert)

    def _source(self, value: Value) -> Any:
        match value.source:
            case "argument" if self.tool.mode == "keywords":
                return self.bound[value.content]
            case "argument":
                return self.rest.get(value.content, *value.default) if value.default else self.rest[value.content]
            case "rest":
                return self.rest
            case "step":
                return self.done[value.content]
            case "list":
                return [self.value(one) for one in value.content]
            case "object":
                return {key: self.value(one) for key, one in value.content.items()}
            case "library":
                return self.allow.function(value.content)
        return value.content


def _misfit(tool: str, missing: list[str], unexpected: list[str], arguments: tuple[Argument, ...]) -> str:
    said = [
        f"{names} {what}"
        for names, what in ((", ".join(missing), "missing"), (", ".join(unexpected), "unknown"))
        if names
    ]
    takes = (
        ", ".join(one.name if one.required else f"{one.name}={one.default!r}" for one in arguments) or "no arguments"
    )
    return f"The tool {tool!r} was not called: {'; '.join(said)}. It takes {takes}."
