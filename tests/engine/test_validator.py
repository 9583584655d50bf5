from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine import validator
from migrations_app.engine.environment_facts import EarlierEnvironment, EnvironmentFacts
from migrations_app.engine.errors import Problem
from migrations_app.engine.plan import Analysis
from migrations_app.engine.vocabulary import MigrationType, TargetKind, ValidationLevel
from tests.engine.toy import ToyHandler, World, plan, spec, target

HANDLER = ToyHandler(World())


def analysis(
    source: Mapping[str, Any] | None = None, target: Mapping[str, Any] | None = None, **sizes: int
) -> Analysis:
    return Analysis(source or {}, target or {}, {}, sizes)


def test_a_good_spec_has_no_problems() -> None:
    assert validator.check_spec(spec(), HANDLER) == []
    assert validator.check_analysis(spec(), analysis()) == []


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"targets": {"source": target(1, "source")}}, "targets.target", "required"),
        (
            {"targets": {"source": target(1, "source"), "target": target(2, "target", kind=TargetKind.DATABASE)}},
            "targets.target",
            "wrong_kind",
        ),
        (
            {"targets": {"source": target(1, "source"), "target": target(2, "target", environment="production")}},
            "targets.target",
            "wrong_environment",
        ),
        (
            {"targets": {"source": target(1, "source"), "target": target(2, "t"), "third": target(3, "x")}},
            "targets.third",
            "unknown_field",
        ),
        ({"parameters": {"depth": 99}}, "parameters.depth", "invalid"),
        ({"type": MigrationType.DATA}, "type", "wrong_type"),
        ({"handler": "other"}, "type", "wrong_type"),
    ],
)
def test_what_is_not_well_formed_or_not_permitted(changes: dict[str, Any], field: str, code: str) -> None:
    problems = validator.check_spec(spec(**changes), HANDLER)
    assert [(p.field, p.code) for p in problems] == [(field, code)]
    assert problems[0].fix


def test_a_handler_of_another_api_is_refused() -> None:
    class Newer(ToyHandler):
        api_version = 99

    assert validator.check_spec(spec(), Newer(World()))[0].code == "handler_api"


UNREACHABLE = analysis({"error": {"message": "refused"}}, {"error": "no answer"})
FULL_TARGET = analysis({}, {"free_bytes": 10}, bytes=11)
ODD_SAMPLE = analysis({"sample": {"unrepresentable": {"not UTF-8": 3}}})


@pytest.mark.parametrize(
    ("seen", "at_basic", "at_full"),
    [
        (UNREACHABLE, ["unreachable", "unreachable"], ["unreachable", "unreachable"]),
        (FULL_TARGET, [], ["no_room"]),
        (ODD_SAMPLE, [], ["not_representable"]),
    ],
)
def test_what_is_found_depends_on_the_level(seen: Analysis, at_basic: list[str], at_full: list[str]) -> None:
    basic, full = spec(options={"validation_level": "basic"}), spec(options={"validation_level": "full"})
    assert [p.code for p in validator.check_analysis(basic, seen)] == at_basic
    assert [p.code for p in validator.check_analysis(full, seen)] == at_full


@pytest.mark.parametrize(
    ("earlier", "missing"),
    [
        (None, []),
        (EarlierEnvironment("staging", 0), ["not_proven"]),
        (EarlierEnvironment("staging", 1), []),
    ],
)
def test_strict_is_refused_with_what_is_missing_instead_of_being_taken_for_full(
    earlier: EarlierEnvironment | None, missing: list[str]
) -> None:
    strict, full = (spec(options={"validation_level": level}) for level in ("strict", "full"))
    problems = validator.check_analysis(strict, analysis(), facts=EnvironmentFacts(earlier=earlier))

    assert [(p.field, p.code) for p in problems] == [("options.validation_level", code) for code in missing]
    assert validator.check_analysis(full, analysis(), facts=EnvironmentFacts(earlier=earlier)) == []


def test_strict_is_refused_where_nothing_can_be_rehearsed() -> None:
    strict, full = (spec(options={"validation_level": level}) for level in ("strict", "full"))
    (problem,) = validator.check_analysis(strict, analysis(), why_no_rehearsal="There is no place.")

    assert (problem.field, problem.code) == ("options.validation_level", "cannot_rehearse")
    assert "There is no place." in problem.message
    assert validator.check_analysis(full, analysis(), why_no_rehearsal="There is no place.") == []


def test_what_the_handler_has_named_is_not_named_again() -> None:
    known = [Problem("targets.target", "Full.")]
    assert validator.check_analysis(spec(), FULL_TARGET, known) == []


def test_requirements_grow_with_the_level_and_name_the_steps_that_check_themselves() -> None:
    steps = plan().steps
    counts = [len(validator.requirements(level, steps)) for level in ValidationLevel]
    assert counts == [4, 7, 9]
    own = validator.requirements(ValidationLevel.FULL, steps)[-1].as_dict()
    assert own == {
        "name": "switch.effect",
        "description": "Both shelves hold the same.",
        "level": "full",
        "step": "switch",
    }
    without = [replace(step, validation="") for step in steps]
    assert len(validator.requirements(ValidationLevel.BASIC, without)) == 3
