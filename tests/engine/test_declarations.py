from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.declarations import problems_of
from migrations_app.engine.handler import Action, TargetRole
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers import registry
from tests.custom_types import Stamp

ROLE = TargetRole("target", (TargetKind.DATABASE,), "Database")
TEMPLATE = Stamp.templates[0]


def changed(**attributes: Any) -> list[str]:
    return problems_of(type("Changed", (Stamp,), attributes)())


@pytest.mark.parametrize("name", sorted(registry.built_in()))
def test_every_built_in_type_declares_itself_well(name: str) -> None:
    assert problems_of(registry.get(name)) == []


def test_a_good_one_has_no_problems() -> None:
    assert changed() == []


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"name": "Stamp"}, "Its name “Stamp”"),
        ({"name": "x"}, "Its name “x”"),
        ({"name": "a" * 61}, "3 to 60"),
        ({"version": "v1"}, "version “v1”"),
        (
            {"templates": (), "parameters": (Field("key", FieldKind.SECRET, "Key", default="billing"),)},
            "“key” has a default",
        ),
        ({"version": "1." + "1" * 50}, "version"),
        ({"compatible_versions": "1.0"}, "one text"),
        ({"compatible_versions": ("1.x",)}, "compatible version “1.x”"),
        ({"type": "stamping"}, "type “stamping”"),
        ({"label": " "}, "label is empty"),
        ({"roles": (ROLE, ROLE)}, "more than one role “target”"),
        ({"roles": (replace(ROLE, name="the target"),)}, "name of its role"),
        ({"roles": (replace(ROLE, kinds=()),)}, "no known kind"),
        ({"templates": (), "parameters": (Field("ink", FieldKind.CHOICE, "Ink"),)}, "choice without choices"),
        ({"templates": (), "parameters": (Field("size", FieldKind.INTEGER, "Size", default=9, maximum=5),)}, "above 5"),
        ({"unused_options": frozenset({"warp"})}, "“warp” is no option"),
        ({"risk_rules": ("loud",)}, "cannot be called"),
        ({"templates": (replace(TEMPLATE, parameters={"copies": 99}),)}, "above 9"),
        ({"templates": (replace(TEMPLATE, options={"batch_size": "many"}),)}, "whole number"),
        ({"templates": (replace(TEMPLATE, options={"warp": 9}),)}, "“warp”"),
        ({"api_version": 2}, "handler API 2"),
    ],
)
def test_each_mistake_is_said(attributes: Mapping[str, Any], said: str) -> None:
    (problem,) = changed(**attributes)
    assert said in problem


@pytest.mark.parametrize("actions", [{}, {"press": Action}])
def test_its_actions_are_actions(actions: Mapping[str, Any]) -> None:
    (problem,) = changed(actions=lambda self: actions)
    assert "action" in problem
