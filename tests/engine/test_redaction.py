from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.redaction import HIDDEN, Redactor, as_migration_error, json_ready


def test_secrets_are_hidden_wherever_they_stand() -> None:
    redact = Redactor(["pw", "pw-longer", ""])
    payload = {"pw": ["a pw-longer b", {"x": "pw"}, 3, None], "t": ("pw",)}
    assert redact.payload(payload) == {HIDDEN: [f"a {HIDDEN} b", {"x": HIDDEN}, 3, None], "t": [HIDDEN]}


def test_without_secrets_nothing_is_touched() -> None:
    payload = {"a": object()}
    assert Redactor([""]).payload(payload) is payload


@given(st.lists(st.text("ab", min_size=1, max_size=4), min_size=1), st.text("abc"))
def test_no_secret_survives(secrets: list[str], text: str) -> None:
    hidden = Redactor(secrets).text(text)
    assert not any(secret in hidden for secret in secrets)


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
