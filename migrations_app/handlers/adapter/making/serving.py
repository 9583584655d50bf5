"""Which adapter is migrated, and which of its tools the generic adapter serves, with the edits and names of a plan."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.handlers.adapter.configuration import generic_configuration
from migrations_app.handlers.adapter.facts import Adapter, Analysis, Tool
from migrations_app.handlers.adapter.generic.configuration import parse
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused

_NAME = re.compile(r"[A-Za-z_][\w.]{0,199}")
BY_HAND = "It was left with the custom adapter by the plan."


@dataclass(frozen=True, slots=True)
class Serving:
    """`configuration` has the tools by the custom adapter's names, `written` by their new ones."""

    adapter: Adapter
    configuration: Mapping[str, Any]
    renamed: Mapping[str, str]
    edited: frozenset[str]

    @property
    def served(self) -> tuple[Tool, ...]:
        names = {entry["name"] for entry in self.configuration["tools"]}
        return tuple(tool for tool in self.adapter.tools if tool.name in names)

    @property
    def kept(self) -> tuple[Tool, ...]:
        """Those that the generic adapter does not serve."""
        names = {tool.name for tool in self.served}
        return tuple(tool for tool in self.adapter.tools if tool.name not in names)

    def entry(self, tool: Tool) -> Mapping[str, Any] | None:
        """What serves it; of a tool that stays, what was found for it."""
        return next((one for one in self.configuration["tools"] if one["name"] == tool.name), tool.mapping.entry)

    @property
    def written(self) -> dict[str, Any]:
        tools = [
            {**entry, "name": self.renamed.get(entry["name"], entry["name"])} for entry in self.configuration["tools"]
        ]
        return {**self.configuration, "tools": tools}


def chosen(analysis: Analysis, name: str) -> Adapter:
    """Raises ValidationFailed (field `parameters.adapter`) where the name says none, or none says which."""
    with_tools = [one for one in analysis.adapters if one.tools]
    named = [one for one in analysis.adapters if one.name == name] if name else with_tools
    if len(named) == 1 and named[0].tools:
        return named[0]
    there = ", ".join(one.name for one in with_tools) or "none"
    if not with_tools:
        message, fix, code = "There is no adapter with tools in the project.", "Name another project.", "no_adapter"
    elif not name:
        message, fix, code = "There are several adapters in the project.", f"Name one of: {there}.", "which_adapter"
    else:
        message, fix, code = f"There is no adapter “{name}” with tools.", f"Name one of: {there}.", "unknown_adapter"
    raise ValidationFailed(problems=[Problem("parameters.adapter", message, fix, code)])


def serving_of(analysis: Analysis, parameters: Mapping[str, Any]) -> Serving:
    """Raises ValidationFailed with every problem of `adapter`, `edits` and `renames`."""
    adapter = chosen(analysis, parameters["adapter"])
    configuration = generic_configuration(analysis, adapter.name)
    edits, renames = parameters["edits"] or {}, parameters["renames"] or {}
    problems = [*_edit_problems(adapter, edits), *_rename_problems(adapter, renames)]
    if problems:
        raise ValidationFailed(problems=problems)
    entries = {tool: _entry(edit) for tool, edit in edits.items()}
    edited = _edited(configuration, adapter, entries)
    serving = Serving(adapter, edited, dict(renames), frozenset(edits))
    problems = [*_refused(serving.written)]
    if problems:
        raise ValidationFailed(problems=problems)
    return serving


def allow_for(entry: Mapping[str, Any]) -> dict[str, set[str]]:
    """What an entry asks its allow-list for."""
    found: dict[str, set[str]] = {"functions": set(), "methods": set(), "attributes": set()}
    kinds = {"call": "functions", "library": "functions", "method": "methods", "attribute": "attributes"}

    def walk(value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key in kinds and isinstance(inner, str):
                    found[kinds[key]].add(inner)
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk({key: value for key, value in entry.items() if key in ("steps", "result")})
    return found


def _entry(edit: Any) -> Mapping[str, Any] | None:
    entry: Mapping[str, Any] | None = json.loads(edit) if isinstance(edit, str) else edit
    return entry


def _edit_problems(adapter: Adapter, edits: Any) -> Iterator[Problem]:
    if not isinstance(edits, Mapping):
        yield Problem("parameters.edits", "It is a list.", "Give a map of tools to their entries.")
        return
    known = {tool.name for tool in adapter.tools}
    for tool, edit in edits.items():
        field = f"parameters.edits.{tool}"
        if tool not in known:
            yield Problem(field, f"{adapter.name} has no tool “{tool}”.", f"Its tools: {', '.join(sorted(known))}.")
            continue
        try:
            entry = _entry(edit)
        except (ValueError, RecursionError):
            yield Problem(field, "The entry is no JSON.", "Give an entry of the generic configuration, or null.")
            continue
        if entry is not None and not (isinstance(entry, Mapping) and entry.get("name", tool) == tool):
            fix = "Give an entry of this tool, or null; a new name belongs into renames."
            yield Problem(field, "The entry is none of this tool.", fix)


def _rename_problems(adapter: Adapter, renames: Any) -> Iterator[Problem]:
    if not isinstance(renames, Mapping):
        yield Problem("parameters.renames", "It is a list.", "Give a map of old names to new ones.")
        return
    known = {tool.name for tool in adapter.tools}
    for old, new in renames.items():
        field = f"parameters.renames.{old}"
        if old not in known:
            yield Problem(field, f"{adapter.name} has no tool “{old}”.", f"Its tools: {', '.join(sorted(known))}.")
        elif not isinstance(new, str) or not _NAME.fullmatch(new):
            yield Problem(field, "The new name is no name.", "Use letters, digits, underscores and dots.")
        elif new in (known - set(renames)) or list(renames.values()).count(new) > 1:
            yield Problem(field, f"Another tool has the name “{new}”.", "Choose another one.")


def _edited(
    configuration: Mapping[str, Any], adapter: Adapter, entries: Mapping[str, Mapping[str, Any] | None]
) -> dict[str, Any]:
    """In the adapter's order; the allow-list has what the tools need, no more."""
    found = {entry["name"]: entry for entry in configuration["tools"]}
    refused = dict(configuration["refused"])
    allow: dict[str, set[str]] = {}
    tools = []
    for tool in adapter.tools:
        entry = found.get(tool.name)
        needed: Mapping[str, Any] = tool.mapping.allow
        if tool.name in entries:
            given = entries[tool.name]
            entry = None if given is None else {"description": tool.description, **given, "name": tool.name}
            needed = allow_for(entry or {})
            refused.pop(tool.name, None)
        if entry is None:
            refused.setdefault(tool.name, BY_HAND)
            continue
        tools.append(entry)
        for kind, names in needed.items():
            allow.setdefault(kind, set()).update(names)
    listed = {kind: sorted(names) for kind, names in sorted(allow.items()) if names}
    return {**configuration, "allow": listed, "tools": tools, "refused": refused}


def _refused(document: Mapping[str, Any]) -> Iterator[Problem]:
    """What the generic adapter itself says to the configuration."""
    try:
        parse(json.loads(json.dumps(document)))
    except ConfigurationRefused as refused:
        fix = "Correct the entry; the format is in docs/adapters.md."
        yield from (Problem("parameters.edits", problem, fix, "entry_refused") for problem in refused.problems)
