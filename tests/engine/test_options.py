from typing import Any

import pytest

from migrations_app.engine import options
from migrations_app.engine.options import OPTION_FIELDS, effective, raised

FLOOR = {
    "backup_enabled": True,
    "backup_retention": 7,
    "timeout": 60_000,
    "validation_level": "full",
    "batch_size": 500,
    "telemetry_enabled": True,  # a setting that is no option
}


def test_the_defaults_are_the_advanced_block_with_full_validation() -> None:
    wanted = {
        "auto_rollback": True,
        "validation_level": "full",
        "batch_size": 1000,
        "parallel_workers": 4,
        "timeout": 3_600_000,
        "backup_enabled": True,
        "backup_retention": 7,
        "dry_run_required": True,
        "approval_required": True,
        "alert_on_failure": True,
        "rollback_enabled": True,
        "zero_downtime": False,
        "cleanup_source": False,
    }
    assert wanted.items() <= options.defaults().items()
    assert all(field.label for field in OPTION_FIELDS)


def test_what_is_not_given_takes_the_floor_then_the_default() -> None:
    values, problems = effective({}, FLOOR)
    assert problems == []
    assert values == {**options.defaults(), "timeout": 60_000, "batch_size": 500}


@pytest.mark.parametrize(
    ("name", "looser"),
    [("backup_enabled", False), ("backup_retention", 6), ("timeout", 60_001), ("validation_level", "basic")],
)
def test_a_looser_value_is_a_problem_that_names_the_policy(name: str, looser: Any) -> None:
    values, problems = effective({name: looser}, FLOOR)
    assert [(p.field, p.code) for p in problems] == [(f"options.{name}", "looser_than_policy")]
    assert f"{name} = {str(FLOOR[name]).lower()}" in problems[0].message
    assert name not in values


@pytest.mark.parametrize(
    ("name", "stricter"),
    [
        ("backup_enabled", True),
        ("backup_retention", 30),
        ("timeout", 30_000),
        ("validation_level", "strict"),
        ("batch_size", 100_000),
    ],
)
def test_a_stricter_value_and_a_mere_size_are_taken(name: str, stricter: Any) -> None:
    values, problems = effective({name: stricter}, FLOOR)
    assert problems == []
    assert values[name] == stricter


def test_a_floor_that_is_off_asks_for_nothing() -> None:
    assert effective({"backup_enabled": False}, {"backup_enabled": False})[1] == []


@pytest.mark.parametrize(("name", "bad"), [("batch_size", 0), ("batch_size", 100_001), ("parallel_workers", 17)])
def test_limits_hold(name: str, bad: int) -> None:
    assert effective({name: bad}, {})[1][0].field == f"options.{name}"


def test_an_unknown_option_is_named_with_the_nearest() -> None:
    problems = effective({"batchsize": 3}, FLOOR)[1]
    assert problems[0].fix == "Did you mean “batch_size”?"


def test_options_that_the_floor_has_outgrown_are_left_to_it() -> None:
    given = {"backup_enabled": False, "timeout": FLOOR["timeout"], "batch_size": 7, "nonsense": 1}
    assert raised(given, FLOOR) == ({"timeout": FLOOR["timeout"], "batch_size": 7, "nonsense": 1}, ("backup_enabled",))


def test_the_fields_under_a_floor_say_what_holds() -> None:
    floor = {"batch_size": 500, "timeout": 60_000, "backup_retention": 30, "validation_level": "strict"}

    fields = {field.name: field for field in options.under(floor | {"auto_rollback": False, "dry_run_required": True})}

    assert effective({}, floor)[0] | {"auto_rollback": False} == {name: one.default for name, one in fields.items()}
    assert (fields["timeout"].maximum, fields["backup_retention"].minimum) == (60_000, 30)
    assert fields["validation_level"].help.endswith("This installation asks for strict at least.")
    assert fields["dry_run_required"].help.endswith("This installation asks for it.")
    assert fields["auto_rollback"].help == "", "it asks for nothing"
    assert options.under({}) == options.OPTION_FIELDS
