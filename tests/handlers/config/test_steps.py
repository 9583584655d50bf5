from pathlib import Path

import pytest

from tests.handlers.config.places import Rewrite


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def test_the_four_steps_stand_in_their_order(rewrite: Rewrite) -> None:
    plan = rewrite.plan().plan

    assert [step.id for step in plan.steps] == ["backup", "validate", "write", "verify"]
    assert all(step.reversible for step in plan.steps)
    assert plan.step("write").title == "Write shop-config for Snakepit 0.13.0"


def test_the_digest_covers_every_byte_before_and_after(rewrite: Rewrite) -> None:
    signed = rewrite.plan().plan
    assert rewrite.plan().plan.digest == signed.digest

    rewrite.lay({"dev.exs": b"import Config\n# mine\n"})

    assert rewrite.plan().plan.digest != signed.digest
    assert signed.step("write").parameters["after"].keys() == {"config.exs", "dev.exs", "prod.exs", "test.exs"}


def test_where_edits_are_kept_it_covers_the_changes_alone(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path, {"local_edits": "keep"})
    rewrite.lay()
    signed = rewrite.plan().plan

    rewrite.lay({"dev.exs": b"import Config\n# mine\n"})

    assert rewrite.plan().plan.digest == signed.digest
    assert signed.step("write").parameters["changes"].keys() == {"config.exs", "prod.exs"}
