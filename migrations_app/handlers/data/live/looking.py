"""What planning finds of a source that keeps changing: JSON-ready, for the checks, the risk and the plan's page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from migrations_app.engine.errors import MigrationError, Problem, ValidationFailed
from migrations_app.engine.handler import Spec
from migrations_app.handlers.data.live.parameters import CHANGE_COLUMN, OFF, REVOKE, roles
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.stores.tables.changes.base import Watched
from migrations_app.stores.tables.changes.opening import open_change_log
from migrations_app.stores.tables.changes.reversing import one_way
from migrations_app.stores.tables.configuration import OWN
from migrations_app.stores.tables.schema import Catalogue
from migrations_app.stores.tables.selection import Selection

NO_RUN = 0  # a plan has no run yet, so every log that is there is another's


def look_live(spec: Spec, source: Catalogue, selections: Sequence[Selection], *, same_database: bool) -> dict[str, Any]:
    """`problems` as the engine has them; `one_way`: what a rollback after the hand-over would not bring back."""
    if spec.parameters["live"] == OFF:
        return {"problems": [], "one_way": []}
    others = [role for role in (SOURCE, TARGET) if spec.targets[role].config.get("engine") not in OWN]
    if others:
        message = "What is written to a database through SQLAlchemy, or to the source of one, is not followed."
        fix = "Copy while nobody writes to the source (live: off)."
        found = [Problem("parameters.live", message, fix, "no_change_log")]
        return {"problems": [asdict(each) for each in found], "one_way": []}
    if spec.parameters["live"] == CHANGE_COLUMN:
        return {"problems": [asdict(each) for each in _column(spec, source, selections)], "one_way": []}
    found = list(_logs(spec, selections))
    if same_database:
        message = "Source and target are one database, and one database has one change log."
        found.append(Problem("parameters.live", message, "Copy while nobody writes (live: off).", "same_database"))
    lost = [each for selection in selections for each in one_way(selection, source)]
    for each in lost:
        if each.blocks:
            message = (
                f"{each.table}.{each.column}: a rollback after the hand-over could bring no new row back. {each.reason}"
            )
            fix = "Give the column a default on the source, or map it to a column of the target without a transform."
            found.append(Problem("parameters.tables", message, fix, "no_way_back"))
    return {"problems": [asdict(each) for each in found], "one_way": [asdict(each) for each in lost]}


def live_problems(data: Mapping[str, Any]) -> list[Problem]:
    """Of what `look_live` has found."""
    return [Problem(each["field"], each["message"], each["fix"], each["code"]) for each in data["problems"]]


def _column(spec: Spec, source: Catalogue, selections: Sequence[Selection]) -> Iterator[Problem]:
    column = spec.parameters["change_column"]
    if not column:
        message = "No change column is named."
        yield Problem("parameters.change_column", message, "Name a column that each write raises.", "required")
        return
    for each in selections:
        if source.tables[each.source].column(column) is None:
            message = f"{each.source} has no column {column}."
            fix = "Leave the table out, give it such a column, or use triggers."
            yield Problem("parameters.change_column", message, fix, "missing")
        if not each.key:
            message = f"{each.source} has no key, so nobody could say which of its rows changed."
            yield Problem("parameters.tables", message, "Give it a primary key.", "no_key")


def _logs(spec: Spec, selections: Sequence[Selection]) -> Iterator[Problem]:
    ways: tuple[tuple[str, list[Watched]], ...] = (
        (SOURCE, [Watched(each.source, each.key) for each in selections]),
        (TARGET, []),  # its tables may not be there yet
    )
    for role, watched in ways:
        target = spec.targets[role]
        try:
            with open_change_log(target.config, target.secrets, run=NO_RUN, read_only=True) as log:
                yield from log.problems(watched)
                if role == SOURCE and spec.parameters["write_stop"] == REVOKE:
                    yield from _roles(spec, log.role_problems(watched, roles(spec.parameters)))
        except ValidationFailed as refused:
            yield from refused.problems or (Problem("parameters.live", refused.message, "", refused.code),)
        except MigrationError as error:
            fix = "Check the target's address and credentials; triggers need the user who may write."
            yield Problem(f"targets.{role}", error.message, fix, error.code)


def _roles(spec: Spec, found: Sequence[Problem]) -> Iterator[Problem]:
    if not roles(spec.parameters):
        message = "No role is named whose right to write is taken."
        yield Problem("parameters.write_roles", message, "Name the roles that your services connect as.", "required")
    yield from found
