"""The configuration of the generic adapter that an analysis leads to."""

from typing import Any

from migrations_app.handlers.adapter.facts import Adapter, Analysis
from migrations_app.handlers.adapter.generic.configuration import FORMAT


def generic_configuration(analysis: Analysis, adapter: str | None = None) -> dict[str, Any]:
    """Of one adapter by its name, or of the first that has tools: what is automatic under `tools`, what is manual
    under `refused` with its first reason. The allow-list has what the tools need, no more. Raises LookupError."""
    chosen = _chosen(analysis, adapter)
    tools = chosen.tools if chosen else ()
    allow: dict[str, set[str]] = {}
    for tool in tools:
        for kind, names in tool.mapping.allow.items():
            allow.setdefault(kind, set()).update(names)
    return {
        "format": FORMAT,
        "allow": {kind: sorted(names) for kind, names in sorted(allow.items())},
        "tools": [tool.mapping.entry for tool in tools if tool.mapping.entry is not None],
        "refused": {tool.name: tool.mapping.reasons[0].message for tool in tools if tool.mapping.reasons},
    }


def _chosen(analysis: Analysis, name: str | None) -> Adapter | None:
    if name is None:
        return next((one for one in analysis.adapters if one.tools), None)
    for one in analysis.adapters:
        if one.name == name:
            return one
    raise LookupError(name)
