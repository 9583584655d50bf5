"""The options of a migration: the seed's advanced configuration block key by key, and what one migration adds.

Settings and policy give the floor; a migration's own options may only be stricter (DESIGN section 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind, parse
from migrations_app.engine.vocabulary import ValidationLevel

_INTEGER, _BOOLEAN, _CHOICE = FieldKind.INTEGER, FieldKind.BOOLEAN, FieldKind.CHOICE

OPTION_FIELDS: tuple[Field, ...] = (
    Field(
        "validation_level",
        _CHOICE,
        "Validation level",
        default=str(ValidationLevel.FULL),
        choices=tuple(ValidationLevel),
        help="How much is checked before anything changes.",
    ),
    Field(
        "batch_size",
        _INTEGER,
        "Batch size",
        default=1000,
        minimum=1,
        maximum=100_000,
        unit="records",
        help="Records moved between two checkpoints.",
    ),
    Field(
        "parallel_workers",
        _INTEGER,
        "Parallel workers",
        default=4,
        minimum=1,
        maximum=16,
        help="Partitions that move at the same time.",
    ),
    Field(
        "timeout",
        _INTEGER,
        "Time limit",
        default=3_600_000,
        minimum=1000,
        maximum=7 * 24 * 3_600_000,
        unit="ms",
        help="Time the run may work, without the time it is paused or waits for a person.",
    ),
    Field(
        "max_retries",
        _INTEGER,
        "Retries",
        default=3,
        minimum=0,
        maximum=20,
        help="How often a step is tried again without progress when something does not answer.",
    ),
    Field("backup_enabled", _BOOLEAN, "Back up first", default=True, help="Encrypted, before anything is written."),
    Field("backup_retention", _INTEGER, "Keep backups", default=7, minimum=1, maximum=3650, unit="days"),
    Field("dry_run_required", _BOOLEAN, "Dry run required", default=True, help="A recent dry run must have passed."),
    Field("approval_required", _BOOLEAN, "Approval required", default=True, help="The environment's approvals count."),
    Field("auto_rollback", _BOOLEAN, "Roll back on failure", default=True),
    Field("rollback_enabled", _BOOLEAN, "Rollback possible", default=True, help="Keep what a rollback needs."),
    Field("alert_on_failure", _BOOLEAN, "Alert on failure", default=True),
    Field(
        "progress_reporting",
        _BOOLEAN,
        "Report progress",
        default=True,
        help="Webhooks are told of each step that is done, not only of the beginning and the end.",
    ),
    Field("dry_run", _BOOLEAN, "Only rehearse", default=False, help="Plan and dry-run; never execute."),
    Field("zero_downtime", _BOOLEAN, "Zero downtime", default=False, help="Keep serving writes during the switch."),
    Field("cleanup_source", _BOOLEAN, "Clean up the source", default=False, help="As the last, confirmed step."),
)

_STRICTER_WHEN_TRUE = frozenset(
    {
        "backup_enabled",
        "dry_run_required",
        "approval_required",
        "auto_rollback",
        "rollback_enabled",
        "alert_on_failure",
        "progress_reporting",
    }
)
_STRICTER_WHEN_GREATER = frozenset({"backup_retention"})
_STRICTER_WHEN_SMALLER = frozenset({"timeout"})
_LOOSE = "looser_than_policy"
_LEVELS = tuple(str(level) for level in ValidationLevel)


def defaults() -> dict[str, Any]:
    """The defaults of every option."""
    return {field.name: field.default for field in OPTION_FIELDS}


def under(floor: Mapping[str, Any], fields: Sequence[Field] = OPTION_FIELDS) -> tuple[Field, ...]:
    """The fields as they are where this floor holds: what is not given takes its value, and it narrows the limits of a
    number. What it asks of a choice or a switch the help says; `effective` refuses what is looser. All choices stay:
    an input could not show a stored one that is looser now, and saving the form would change it unseen."""
    return tuple(field if floor.get(field.name) is None else _bound(field, floor[field.name]) for field in fields)


def _bound(field: Field, ground: Any) -> Field:
    bound = replace(field, default=ground)
    if field.name in _STRICTER_WHEN_GREATER:
        return replace(bound, minimum=ground)
    if field.name in _STRICTER_WHEN_SMALLER:
        return replace(bound, maximum=ground)
    asked = ""
    if field.name in _STRICTER_WHEN_TRUE and ground:
        asked = "This installation asks for it."
    elif field.name == "validation_level" and str(ground) != _LEVELS[0]:
        asked = f"This installation asks for {ground} at least."
    return replace(bound, help=f"{field.help} {asked}".strip())


def effective(raw: Mapping[str, Any], floor: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Check a migration's options against the declarations and the floor.

    `floor` holds values of settings and policy by option name; it may be partial and may carry keys that are no
    options (the settings block has some). An option that is not given takes the floor's value, then the default.
    Returns the effective options and every problem; a value looser than the floor is a problem that names it.
    """
    known = {field.name for field in OPTION_FIELDS}
    ground = {name: value for name, value in floor.items() if name in known and value is not None}
    given = {name: value for name, value in raw.items() if value is not None and value != ""}
    values, problems = parse(OPTION_FIELDS, {**ground, **given}, path="options")
    for name in sorted(given.keys() & ground.keys() & values.keys()):
        if _looser(name, values[name], ground[name]):
            problems.append(_too_loose(name, ground[name]))
            del values[name]
    return values, problems


def raised(raw: Mapping[str, Any], floor: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options given, those looser than the floor left to it, and the names of these.

    For options that were allowed where they come from. Whatever else is wrong with them stays, for `effective`.
    """
    loose = {problem.field.removeprefix("options.") for problem in effective(raw, floor)[1] if problem.code == _LOOSE}
    return {name: value for name, value in raw.items() if name not in loose}, tuple(sorted(loose))


def _looser(name: str, value: Any, least: Any) -> bool:
    if name in _STRICTER_WHEN_TRUE:
        return bool(least) and not value
    if name in _STRICTER_WHEN_GREATER:
        return bool(value < least)
    if name in _STRICTER_WHEN_SMALLER:
        return bool(value > least)
    if name == "validation_level":
        return _LEVELS.index(value) < _LEVELS.index(str(least))
    return False  # sizes and conveniences: the floor is only a default


def _too_loose(name: str, least: Any) -> Problem:
    shown = str(least).lower() if isinstance(least, bool) else str(least)
    label = next(field.label for field in OPTION_FIELDS if field.name == name)
    return Problem(
        f"options.{name}",
        f"{label} is looser than the policy “{name} = {shown}” of this installation or environment allows.",
        f"Leave it at {shown} or make it stricter, or ask an admin to change the policy.",
        _LOOSE,
    )
