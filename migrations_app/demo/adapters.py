"""The demo's adapter projects: one in dev, where the migration is run for the visitor, and one in staging."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from migrations_app.demo.cast import Cast
from migrations_app.demo.people import ADMIN, DEV, OPERATOR, STAGING, Place
from migrations_app.demo.pricing import ADAPTER, DECIDED, DECISION, FILES, RECORDED
from migrations_app.demo.stories import Stage
from migrations_app.demo.stories_on_stage import run_through
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.services import migrations, targets
from migrations_app.services.migrations import MigrationDraft

PROJECTS: Mapping[str, Place] = {"pricing-dev": DEV, "pricing": STAGING}
TRIED = "Try the pricing tools on the generic adapter"
SERVED = "Serve the pricing tools by the generic adapter"
CASES = 40  # of each tool: enough to be believed, and done in seconds


def add_projects(cast: Cast, now: datetime, folder: Path) -> dict[str, int]:
    """Target ids by name. The files are made in folders of their own in `folder`."""
    made: dict[str, int] = {}
    for name, place in PROJECTS.items():
        for path, text in FILES.items():
            file = folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        made[name] = targets.create(
            actor=cast.actor(ADMIN),
            now=now,
            environment_id=cast.places[place.name],
            name=name,
            kind=TargetKind.ADAPTER_PROJECT,
            config={"path": str(folder / name)},
        )
        targets.test(actor=cast.actor(OPERATOR), now=now, target_id=made[name])
    return made


def tools_served(stage: Stage) -> None:
    """Two tools stay with the custom adapter for now. One of them waits for somebody who decides about it."""
    stage.plan(_author(stage, "pricing", SERVED, "One tool adds up in a loop: read it, and decide it by hand.", {}))


def author_trial(stage: Stage) -> int:
    """The same in dev, with the decision that staging still lacks."""
    edits = {"edits": {DECIDED: DECISION}}
    return _author(stage, "pricing-dev", TRIED, "Before it goes to staging.", edits)


def tools_tried(stage: Stage) -> None:
    run_through(stage, author_trial(stage))


def _author(stage: Stage, project: str, title: str, description: str, more: Mapping[str, Any]) -> int:
    parameters = {
        "adapter": ADAPTER,
        "manual_tools": "keep_custom",
        # Where a machine has no sandbox nothing can be compared, and the demo goes on all the same.
        "equivalence": "where_possible",
        "cases": CASES,
        "recorded": RECORDED,
    }
    draft = MigrationDraft(
        title=title,
        type=MigrationType.ADAPTER,
        environment_id=stage.cast.places[PROJECTS[project].name],
        targets={"project": stage.targets[project]},
        parameters={**parameters, **more},
        description=description,
    )
    return migrations.create(actor=stage.cast.actor(OPERATOR), now=stage.now(), draft=draft)


ADAPTERS_ON_PAPER: tuple[Callable[[Stage], None], ...] = (tools_served,)
ADAPTERS_ON_STAGE: tuple[Callable[[Stage], None], ...] = (tools_tried,)
