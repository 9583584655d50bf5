"""The migration types, and whatever an author of a further one needs, under one name that stays.

    from migrations_app.handlers import Action, Handler, Step, ...

What is not listed here may move with any version.
"""

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import (
    DataCorruption,
    DependencyUnavailable,
    InsufficientResources,
    PlanIsStale,
    Problem,
    StepFailed,
    Timeout,
    ValidationFailed,
)
from migrations_app.engine.handler import (
    HANDLER_API,
    Action,
    ActionContext,
    Handler,
    Progress,
    RiskCase,
    Spec,
    TargetRole,
)
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan import Analysis, Finding, Step, Target
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.engine.ports import Artifacts
from migrations_app.engine.vocabulary import ClaimMode, MigrationType, StepKind, TargetKind

__all__ = [
    "HANDLER_API",
    "Action",
    "ActionContext",
    "Analysis",
    "Artifacts",
    "ClaimMode",
    "DataCorruption",
    "DependencyUnavailable",
    "Field",
    "FieldKind",
    "Finding",
    "Handler",
    "InsufficientResources",
    "MigrationType",
    "PlanIsStale",
    "PlanTemplate",
    "Problem",
    "Progress",
    "RiskCase",
    "Spec",
    "Step",
    "StepFailed",
    "StepKind",
    "Target",
    "TargetKind",
    "TargetRole",
    "Timeout",
    "ValidationFailed",
    "reach",
]
