"""Sample plans: what a handler offers to somebody who does not want to begin with an empty form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTemplate:
    """`parameters` and `options` hold only what differs from the defaults, so that policy keeps its say over the rest.

    `downtime` and `reversible` are facts in a few words, `needs` conditions that planning will check; `description`
    is the text that the author begins with.
    """

    name: str
    title: str
    when: str
    does: tuple[str, ...]
    downtime: str
    reversible: str
    needs: tuple[str, ...] = ()
    suggested_title: str = ""
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
