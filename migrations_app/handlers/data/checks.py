"""Every reason why tables cannot be moved like that, each with its field and a fix."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.data.live.looking import live_problems
from migrations_app.handlers.data.parameters import EMPTY, SOURCE, TARGET
from migrations_app.stores.tables.configuration import config_problems

MOST = 50  # problems of one kind
SHOWN = 5


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    config = list(_config(spec))
    if config:
        return config
    answers = [*_answers(SOURCE, analysis.source_state), *_answers(TARGET, analysis.target_state)]
    data = analysis.target_state.get("data")
    if answers or data is None:
        return answers
    found = [Problem(each["field"], each["message"], each["fix"], each["code"]) for each in data["problems"]]
    return [
        *found[:MOST],
        *([] if found else _nothing(data)),
        *_same_place(spec, analysis),
        *_writable(analysis.target_state),
        *_missing(spec, data["tables"]),
        *_held(spec, data["tables"]),
        *_incompatible(data["incompatible"]),
        *live_problems(data["live"]),
    ]


def _config(spec: Spec) -> Iterator[Problem]:
    for role in (SOURCE, TARGET):
        for problem in config_problems(spec.targets[role].config):
            yield Problem(f"targets.{role}.{problem.field}", problem.message, problem.fix, problem.code)


def _answers(role: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    error = state.get("error")
    if error:
        yield Problem(
            f"targets.{role}",
            f"“{state['name']}” could not be looked at: {error['message']}",
            "Check its address, user and password on the target's page with “Test connection”, then plan again.",
            error["code"],
        )


def _nothing(data: Mapping[str, Any]) -> Iterator[Problem]:
    if not data["tables"]:
        yield Problem("parameters.tables", "The source has no table to move.", "Check its schemas.", "no_tables")


def _same_place(spec: Spec, analysis: Analysis) -> Iterator[Problem]:
    source, target = spec.targets[SOURCE], spec.targets[TARGET]
    if source.id == target.id:
        message = "Source and target are the same target."
        yield Problem("targets.target", message, "Choose another target.", "same_target")
        return
    if analysis.source_state["identity"] != analysis.target_state["identity"]:
        return
    both = [each["target"] for each in analysis.target_state["data"]["tables"] if each["source"] == each["target"]]
    if both:
        yield Problem(
            "targets.target",
            f"“{target.name}” is the same database as “{source.name}”, and {_named(both)} would be copied onto "
            f"{'itself' if len(both) == 1 else 'themselves'}.",
            "Choose another database, or give the tables another name or schema there.",
            "same_place",
        )


def _writable(state: Mapping[str, Any]) -> Iterator[Problem]:
    if not state["writable"]:
        yield Problem(
            "targets.target",
            f"The user of “{state['name']}” may not write there.",
            "Give it the right to write, or choose another user.",
            "target_read_only",
        )


def _missing(spec: Spec, tables: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    missing = [each["target"] for each in tables if each["missing"]]
    if missing and not spec.parameters["create_missing"]:
        yield Problem(
            "parameters.create_missing",
            f"“{spec.targets[TARGET].name}” has no {_named(missing)}.",
            "Create what is missing, choose “Create missing tables”, or leave those tables out.",
            "table_missing",
        )


def _held(spec: Spec, tables: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    held = [each for each in tables if each["holds_rows"]]
    if not held:
        return
    names = [each["target"] for each in held]
    if spec.parameters["existing"] != EMPTY:
        yield Problem(
            "parameters.existing",
            f"“{spec.targets[TARGET].name}” already holds rows in {_named(names)}.",
            "Empty them, choose other tables, or choose “empty”: they are backed up and removed first.",
            "target_not_empty",
        )
    elif spec.options.get("backup_enabled"):
        yield from _backup(spec, held)


def _backup(spec: Spec, held: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    size, most = sum(each["held_bytes"] for each in held), spec.parameters["most_backup_bytes"]
    aside = "Back the database up yourself and switch “Back up first” off; nothing brings the rows back then."
    if size > most:
        yield Problem(
            "parameters.most_backup_bytes",
            f"What “{spec.targets[TARGET].name}” holds takes about {size:,} bytes; the backup may take {most:,}.",
            f"Raise “Largest backup”. {aside}",
            "backup_too_large",
        )
    if nameless := [each["target"] for each in held if not each["kept_by_key"]]:
        yield Problem(
            "parameters.existing",
            f"{_named(nameless)} holds rows and has no key by which they could be put back.",
            f"Empty it yourself first, or give it a key. {aside}",
            "no_key",
        )


def _incompatible(found: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for each in [one for one in found if one["severity"] == "error"][:MOST]:
        where = ".".join(filter(None, (each["table"], each["column"])))
        yield Problem("parameters.tables", f"{where}: {each['message']}", each["fix"], each["code"])


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
