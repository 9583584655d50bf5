"""The demo's data migrations: orders that move while people order, a catalogue, and the same tried in dev first."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from migrations_app.demo import warehouse
from migrations_app.demo.cast import Cast
from migrations_app.demo.deployment import CATALOGUE, Deployment
from migrations_app.demo.people import ADMIN, DEV, OPERATOR, STAGING, Place
from migrations_app.demo.stories import Stage
from migrations_app.demo.stories_on_stage import run_through
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.services import migrations, targets
from migrations_app.services.migrations import MigrationDraft

OLD, NEW = "orders", "orders-next"
OLD_IN_DEV, NEW_IN_DEV = "orders-dev", "orders-dev-next"
PRODUCTS = "catalogue"
LIVE = "Move the orders while people order"
TRIED = "Try the new tables of the orders"
CATALOGUED = "Move the catalogue to PostgreSQL"

FILES: tuple[tuple[str, Place, Callable[[Path], None]], ...] = (
    (OLD, STAGING, warehouse.old_orders),
    (NEW, STAGING, warehouse.new_orders),
    (OLD_IN_DEV, DEV, warehouse.old_orders),
    (NEW_IN_DEV, DEV, warehouse.new_orders),
    (PRODUCTS, STAGING, warehouse.catalogue),
)


def add_databases(cast: Cast, now: datetime, folder: Path, deployment: Deployment | None) -> dict[str, int]:
    """Target ids by name. The files are made in `folder`; a PostgreSQL is a target only where `deployment` has one."""
    made: dict[str, int] = {}
    for name, place, make in FILES:
        path = path_in(folder, name)
        make(path)
        made[name] = _target(cast, now, place, name, {"engine": "sqlite", "path": str(path)}, {})
    for name, database in (deployment.databases if deployment else {}).items():
        made[name] = _target(cast, now, STAGING, name, database.config, database.secrets)
    return made


def path_in(folder: Path, name: str) -> Path:
    return folder / f"{name}.sqlite3"


def _target(
    cast: Cast, now: datetime, place: Place, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> int:
    made = targets.create(
        actor=cast.actor(ADMIN),
        now=now,
        environment_id=cast.places[place.name],
        name=name,
        kind=TargetKind.DATABASE,
        config=config,
        secrets=secrets,
    )
    targets.test(actor=cast.actor(OPERATOR), now=now, target_id=made)
    return made


def orders_move_live(stage: Stage) -> None:
    """Rows that the new tables refuse are put aside, by name; whoever orders meanwhile waits for a moment."""
    stage.plan(
        _author(stage, STAGING, LIVE, "The new tables say what they hold.", OLD, NEW, {"live": "triggers"}),
    )


def catalogue_moves(stage: Stage) -> None:
    """Only where there is a PostgreSQL: a price, a date and a document that it has no value for."""
    if CATALOGUE in stage.targets:
        stage.plan(_author(stage, STAGING, CATALOGUED, "Into a database that knows types.", PRODUCTS, CATALOGUE, {}))


def author_trial(stage: Stage) -> int:
    return _author(stage, DEV, TRIED, "Which rows will be refused?", OLD_IN_DEV, NEW_IN_DEV, {})


def orders_tried(stage: Stage) -> None:
    run_through(stage, author_trial(stage))


def _author(
    stage: Stage, place: Place, title: str, description: str, source: str, target: str, more: Mapping[str, Any]
) -> int:
    draft = MigrationDraft(
        title=title,
        type=MigrationType.DATA,
        environment_id=stage.cast.places[place.name],
        targets={"source": stage.targets[source], "target": stage.targets[target]},
        parameters={"on_reject": "quarantine", "chunk_rows": 500, **more},
        options={"parallel_workers": 2},
        description=description,
    )
    return migrations.create(actor=stage.cast.actor(OPERATOR), now=stage.now(), draft=draft)


DATABASES_ON_PAPER: tuple[Callable[[Stage], None], ...] = (orders_move_live, catalogue_moves)
DATABASES_ON_STAGE: tuple[Callable[[Stage], None], ...] = (orders_tried,)
