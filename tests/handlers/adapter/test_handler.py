"""The adapter migration keeps what every handler keeps: see the kit. Nothing is run of the project."""

from typing import Any

import pytest

from migrations_app.engine.declarations import problems_of
from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.adapter.handler import AdapterMigration
from migrations_app.testing.contract import HandlerContract
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop
from tests.handlers.quick_disk import quick_disk


class TestAdapterMigrationContract(HandlerContract):
    most_lines = 3  # each reads a project line by line under the kit's eyes

    @pytest.fixture(autouse=True)
    def world(self) -> Any:
        with quick_disk() as directory:
            self.shop = Shop(directory, {"cleanup_old_adapter": True})
            yield

    def make_handler(self) -> Handler:
        return AdapterMigration()

    def reset(self) -> None:
        for path in sorted(self.shop.root.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.shop.lay()

    def make_spec(self) -> Spec:
        return self.shop.spec

    def snapshot(self) -> Any:
        return self.shop.tree()


def test_what_it_says_of_itself() -> None:
    handler = AdapterMigration()

    assert (handler.name, handler.type) == ("adapter", MigrationType.ADAPTER)
    assert {role.name: role.required for role in handler.roles} == {"project": True, "pool": False}
    assert problems_of(handler) == []


def test_every_step_has_an_action_and_instructions(shop: Shop) -> None:
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    shop.parameters = {"manual_tools": "keep_custom"}
    plan = shop.plan().plan

    actions = shop.handler.actions()
    assert [step.id for step in plan.steps if step.action not in actions] == []
    assert all(step.validation and step.undo_title for step in plan.steps)
