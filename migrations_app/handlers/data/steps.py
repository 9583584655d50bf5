"""The steps of a data migration: one for each table while they are few, else one for each group of tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.data.live import steps as live
from migrations_app.handlers.data.parameters import EMPTY, TARGET

PREPARE, BACKUP, CREATE, EMPTY_TABLES, COPY = "prepare", "backup", "create", "empty", "copy"
INDEXES, SEQUENCES, VERIFY, CLEANUP = "indexes", "sequences", "verify", "cleanup"

ROWS_A_SECOND = 20_000  # a cautious figure for both servers on one network; past runs correct it
MOST_COPIES = 12  # steps; with more tables they are grouped
SHOWN = 3


def steps_of(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    """Each is bound to the digest of what is moved: the mapping that was signed is the one that is done."""
    data = analysis.target_state["data"]
    tables: Sequence[Mapping[str, Any]] = data["tables"]
    binds = {"binds": data["digest"]}
    held = [each for each in tables if each["holds_rows"]] if spec.parameters["existing"] == EMPTY else []
    missing = [each for each in tables if each["missing"]]
    planned = [_prepare(spec, {**binds, "missing": _names(missing), "held": _names(held)})]
    if held:
        planned.append(_backup(spec, binds, held))
    if missing:
        planned.append(_create(spec, binds, missing))
    if held:
        planned.append(_empty(spec, binds, held))
    planned += live.before_copy(spec, binds)
    planned += _copies(spec, binds, tables)
    planned += live.after_copy(spec, binds)
    if missing:
        planned.append(_indexes(spec, binds, missing))
    planned += [_sequences(spec, binds), _verify(spec, binds, tables)]
    planned += [*live.after_comparison(spec, binds), _cleanup(spec, binds), *live.at_the_end(spec, binds)]
    return _chained(planned)


def groups(tables: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The tables of each copy step, in foreign-key order. Those of one group that share a level may go side by side."""
    if len(tables) <= MOST_COPIES:
        return [[each] for each in sorted(tables, key=lambda each: each["level"])]
    levels: dict[int, list[Mapping[str, Any]]] = {}
    for each in sorted(tables, key=lambda each: each["level"]):
        levels.setdefault(each["level"], []).append(each)
    found = list(levels.values())
    while len(found) > MOST_COPIES:  # a very deep one: the last levels go one after the other, in one step
        last = found.pop()
        found[-1] = [*found[-1], *last]
    return found


def _prepare(spec: Spec, binds: Mapping[str, Any]) -> Step:
    return Step(
        PREPARE,
        StepKind.PREPARATION,
        "Look at both databases once more",
        PREPARE,
        binds,
        undo_title=f"remove the marks from {spec.targets[TARGET].name}",
        validation="The tables are as they were when this was planned, and nobody has filled them since.",
    )


def _backup(spec: Spec, binds: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> Step:
    name, backing = spec.targets[TARGET].name, bool(spec.options.get("backup_enabled"))
    return Step(
        BACKUP,
        StepKind.BACKUP,
        f"Back up the rows of {_named(held)} on {name}" if backing else "Back up (switched off by option)",
        BACKUP,
        {**binds, "tables": _names(held)},
        estimated_seconds=_seconds(held, "held_rows") if backing else 1,
        volume=_amount(held, "held_rows") if backing else 0,
        undo_title="nothing: the backup is kept until its retention ends",
        validation="Every part is in the artifact store with the checksum it was written with.",
    )


def _create(spec: Spec, binds: Mapping[str, Any], missing: Sequence[Mapping[str, Any]]) -> Step:
    return Step(
        CREATE,
        StepKind.MIGRATION,
        f"Create {_named(missing)} on {spec.targets[TARGET].name}",
        CREATE,
        {**binds, "tables": _names(missing)},
        undo_title=f"drop {_named(missing)}",
        validation="Every table is there.",
    )


def _empty(spec: Spec, binds: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> Step:
    name, backing = spec.targets[TARGET].name, bool(spec.options.get("backup_enabled"))
    rows = _rounded(sum(each["held_rows"] for each in held))
    question = (
        f"Remove every row of {_named(held)} from {name}? There were about {rows:,} when this was planned. Snakeweb "
        "keeps no backup of them, because that is switched off: nothing brings them back, and from here on this run "
        "cannot be rolled back."
    )
    return Step(
        EMPTY_TABLES,
        StepKind.MIGRATION,
        f"Remove the rows of {_named(held)} from {name}",
        EMPTY_TABLES,
        {**binds, "tables": _names(held)},
        reversible=backing,
        undo_title="put the rows back from the backup, and compare" if backing else "nothing brings them back",
        validation="The tables are empty.",
        confirm="" if backing else question,
    )


def _copies(spec: Spec, binds: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    for number, group in enumerate(groups(tables), start=1):
        yield Step(
            f"{COPY}_{number:02}",
            StepKind.MIGRATION,
            f"Copy {_named(group)}",
            COPY,
            {**binds, "tables": _names(group)},
            estimated_seconds=_seconds(group, "rows"),
            volume=_amount(group, "rows"),
            undo_title=f"remove the rows again from {spec.targets[TARGET].name}",
            partitioned=len({each["level"] for each in group}) == 1,
        )


def _indexes(spec: Spec, binds: Mapping[str, Any], missing: Sequence[Mapping[str, Any]]) -> Step:
    return Step(
        INDEXES,
        StepKind.MIGRATION,
        f"Build indexes and foreign keys of {_named(missing)}",
        INDEXES,
        {**binds, "tables": _names(missing)},
        estimated_seconds=_seconds(missing, "rows"),
        volume=_amount(missing, "rows"),
        undo_title="nothing: they go with their tables",
    )


def _sequences(spec: Spec, binds: Mapping[str, Any]) -> Step:
    return Step(
        SEQUENCES,
        StepKind.MIGRATION,
        "Set the sequences on behind the greatest key",
        SEQUENCES,
        binds,
        undo_title="nothing: a sequence is never set back, numbers are left out",
    )


def _verify(spec: Spec, binds: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> Step:
    return Step(
        VERIFY,
        StepKind.VERIFICATION,
        "Compare every row on both sides, and mend what differs",
        VERIFY,
        binds,
        estimated_seconds=_seconds(tables, "rows"),
        volume=_amount(tables, "rows"),
        undo_title="keep what was written there since, encrypted, before it is removed",
        validation="A whole pass found no difference: the source's rows are the target's and the refused ones.",
        partitioned=True,
    )


def _cleanup(spec: Spec, binds: Mapping[str, Any]) -> Step:
    title = f"Remove the marks of the copy from {spec.targets[TARGET].name}"
    return Step(CLEANUP, StepKind.CLEANUP, title, CLEANUP, binds)


def _chained(steps: Sequence[Step]) -> tuple[Step, ...]:
    """One after the other, whatever the plan has of them."""
    befores = [(), *((step.id,) for step in steps[:-1])]
    return tuple(replace(step, depends_on=before) for step, before in zip(steps, befores, strict=True))


def _names(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    return [each["target"] for each in tables]


def _named(tables: Sequence[Mapping[str, Any]]) -> str:
    """The tables, or how many, for people."""
    names = _names(tables)
    if len(names) <= SHOWN:
        return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{len(names)} tables ({', '.join(names[:2])}…)"


def _seconds(tables: Sequence[Mapping[str, Any]], amount: str) -> int:
    return 1 + _amount(tables, amount) // ROWS_A_SECOND


def _amount(tables: Sequence[Mapping[str, Any]], amount: str) -> int:
    return sum(int(each[amount]) for each in tables)


def _rounded(rows: int) -> int:
    """To two significant digits: the text is part of what is signed."""
    return round(rows, 2 - len(str(rows)))
