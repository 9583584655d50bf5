"""The public kit for authors of handlers: the contract, a run without a database, and the ports in memory.

Whatever else lies in this package serves Snakeweb's own tests and may change with any version.
"""

from migrations_app.engine.planner import create_plan
from migrations_app.testing.contract import HandlerContract
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, InterposedHandler, Moment
from migrations_app.testing.memory import ManualClock, MemoryArtifacts, MemoryRoutes
from migrations_app.testing.specs import directory_target, spec_of, target_of

__all__ = [
    "Call",
    "HandlerContract",
    "Hook",
    "InterposedHandler",
    "LocalRun",
    "ManualClock",
    "MemoryArtifacts",
    "MemoryRoutes",
    "Moment",
    "create_plan",
    "directory_target",
    "spec_of",
    "target_of",
]
