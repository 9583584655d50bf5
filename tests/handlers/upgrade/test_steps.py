import pytest

from migrations_app.engine.vocabulary import StepKind
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def test_the_files_are_given_back_before_the_workers(looked_at: Upgrade) -> None:
    """Undone from the end: `write` comes before `note_release`, which brings the workers back."""
    plan = looked_at.plan().plan

    undone = [step.id for step in reversed(plan.steps)]
    assert undone.index("write") < undone.index("note_release")
    assert plan.step("note_release").undo_title == "bring every worker of shop-pool back to 0.8.8, in waves"
    assert plan.step("roll").kind is StepKind.MIGRATION


def test_the_digest_covers_how_the_pool_is_rolled(looked_at: Upgrade) -> None:
    signed = looked_at.plan().plan
    assert looked_at.plan().plan.digest == signed.digest

    looked_at.parameters = {"drain_seconds": 121}

    assert looked_at.plan().plan.digest != signed.digest
    assert signed.step("roll").parameters["strategy"]["drain_seconds"] == 120
    assert signed.step("roll").parameters["minimum"] == 2
