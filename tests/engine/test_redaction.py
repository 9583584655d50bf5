from typing import Any

import pytest

from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.redaction import as_migration_error, json_ready


@pytest.mark.parametrize("value", [{"a": object()}, {"a": float("nan")}, {"a": {1, 2}}])
def test_what_is_not_plain_json_is_a_step_failure(value: dict[str, Any]) -> None:
    with pytest.raises(StepFailed, match="The result is not plain JSON"):
        json_ready(value, what="The result")


def test_plain_json_is_what_will_be_read_back() -> None:
    assert json_ready({"a": (1, 2), "b": {3: 4}}, what="It") == {"a": [1, 2], "b": {"3": 4}}
    with pytest.raises(StepFailed, match="not a mapping"):
        json_ready([1], what="It")  # type: ignore[arg-type]


def test_unexpected_errors_become_step_failures_that_name_their_type() -> None:
    error = as_migration_error(ZeroDivisionError("division by zero"), title="Copy")
    assert isinstance(error, StepFailed)
    assert error.message == "The step “Copy” ended with an unexpected ZeroDivisionError: division by zero"
    assert len(as_migration_error(ValueError("x" * 9999), title="Copy").message) == 2000
    corrupt = DataCorruption()
    assert as_migration_error(corrupt, title="Copy") is corrupt
