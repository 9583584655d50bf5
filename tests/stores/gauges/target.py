"""A target as a worker has it, without rows of the control database."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind


def target_of(
    config: Mapping[str, Any], secrets: Mapping[str, str] | None = None, kind: TargetKind = TargetKind.SESSION_STORE
) -> Target:
    return Target(1, "store", kind, "dev", config, secrets or {})
