"""The test helpers of the original design, under their own names."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from migrations_app.engine.errors import StepFailed

CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)


class HasCurrentStep(Protocol):
    @property
    def current_step(self) -> int: ...


Context = TypeVar("Context", bound=HasCurrentStep)


def create_mock_custom_adapter() -> dict[str, Any]:
    """A custom adapter with one tool that has a generic equivalent and one that has none."""
    return {
        "module": "MockCustomAdapter",
        "functions": [
            {"name": "process_data", "complexity": "simple", "generic_equivalent": "pandas.DataFrame"},
            {"name": "complex_analysis", "complexity": "high", "generic_equivalent": None},
        ],
        "dependencies": ["pandas", "numpy"],
        "migration_feasibility": "partial",
    }


def create_mock_session_data(count: int = 100, *, created_at: datetime = CREATED_AT) -> list[dict[str, Any]]:
    """`count` sessions, numbered from 1; `ttl` in seconds."""
    return [
        {
            "session_id": f"session_{number}",
            "data": {f"key_{number}": f"value_{number}"},
            "ttl": 3600,
            "created_at": created_at,
        }
        for number in range(1, count + 1)
    ]


def simulate_migration_failure(step_number: int) -> Callable[[Context], Context]:
    """A hook that fails the step with this number (from 1) and lets every other pass.

    Give it to `InterposedHandler`, or call it with anything that has a `current_step`. Raises StepFailed.
    """

    def fail_at_step(context: Context) -> Context:
        if context.current_step == step_number:
            raise StepFailed("simulated_failure", details={"step_number": step_number})
        return context

    return fail_at_step
