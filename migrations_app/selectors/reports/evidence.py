"""The sections about what happened: before and after, integrity, steps with their times, what was measured."""

from collections.abc import Sequence

from migrations_app.engine.vocabulary import StepState
from migrations_app.selectors.reports import curves
from migrations_app.selectors.reports.document import (
    Block,
    Cell,
    FactList,
    Heading,
    Look,
    Notice,
    Paragraph,
    Section,
    Table,
    Tone,
)
from migrations_app.selectors.reports.integrity import is_digest
from migrations_app.selectors.reports.model import Content, Fact, Integrity, StepReport, TableReport, ToolReport
from migrations_app.selectors.reports.values import clock, counted, number, seconds, shown, span, without_unit
from migrations_app.selectors.state_words import FACT_NAMES, fact_name, tone, words

MOST_ROWS = 200
MOST_FACTS = 40
MOST_NESTED = 2  # names in a path
MOST_DIGESTS = 60


def states(content: Content) -> Section:
    found = content.states
    targets = Table(
        "Targets",
        ("Role", "Target", "Kind", "Digest of its configuration"),
        (Look.TEXT, Look.TEXT, Look.TEXT, Look.CODE),
        (12, 26, 18, 44),
        tuple(
            (Cell(words(each.role)), Cell(each.name), Cell(words(each.kind)), Cell(each.config_digest, Look.CODE))
            for each in found.targets
        ),
    )
    blocks: list[Block] = [targets]
    for title, told in (("Before: the source", found.source_before), ("Before: the target", found.target_before)):
        if told:
            blocks += [Heading(title), *fact_list(told)]
    blocks.append(Heading("After"))
    if found.after:
        blocks += fact_list(found.after)
    elif content.rollback.taken and not content.rollback.failed and not content.rollback.left:
        blocks.append(Paragraph("As before: what the run did was undone."))
    elif content.run.is_final:
        blocks.append(Paragraph("As before: the run left nothing."))
    else:
        blocks.append(Paragraph("The run has not ended; its steps say below how far they are."))
    return Section("states", "Before and after", tuple(blocks))


def integrity(found: Integrity) -> Section:
    blocks: list[Block] = []
    for check in found.checks:
        good = check.state == StepState.SUCCEEDED
        blocks.append(
            Notice(f"{check.title}: {'passed' if good else words(check.state)}", Tone.GOOD if good else Tone.WARN)
        )
        blocks += fact_list(tuple(fact for fact in check.found if not is_digest(fact)))
    if found.tables:
        blocks += [Heading("Tables"), _tables(found.tables)]
    if found.tools:
        blocks += [Heading("Tools, before and after"), _tools(found.tools)]
    if found.differences:
        blocks.append(Notice("Rows that differed and were mended:", Tone.WARN, found.differences[:MOST_ROWS]))
    if found.digests:
        rows = tuple((Cell(each.of), Cell(each.value, Look.CODE)) for each in found.digests[:MOST_DIGESTS])
        left_out = _left_out(len(found.digests), MOST_DIGESTS, "digest")
        blocks += [
            Heading("Digests"),
            Table("Digests", ("Of", "Digest"), (Look.TEXT, Look.CODE), (38, 62), rows, left_out),
        ]
    if not blocks:
        blocks.append(Paragraph("No step has verified anything yet."))
    return Section("integrity", "Integrity", tuple(blocks))


def _tables(tables: Sequence[TableReport]) -> Table:
    def row(table: TableReport) -> tuple[Cell, ...]:
        equal = Cell("not compared") if table.equal is None else Cell(
            "equal" if table.equal else "different", Look.BADGE, Tone.GOOD if table.equal else Tone.BAD
        )  # fmt: skip
        numbers = (table.planned_rows, table.copied_rows, table.refused_rows, table.compared_rows)
        return Cell(f"{table.source} → {table.target}"), *(Cell(number(n), Look.NUMBER) for n in numbers), equal

    return Table(
        "Tables",
        ("Table", "Rows planned", "Copied", "Refused", "Compared", "Outcome"),
        (Look.TEXT, *[Look.NUMBER] * 4, Look.BADGE),
        (36, 13, 12, 12, 13, 14),
        tuple(map(row, tables[:MOST_ROWS])),
        _left_out(len(tables), MOST_ROWS, "table"),
    )


def _tools(tools: Sequence[ToolReport]) -> Table:
    tones = {"equivalent": Tone.GOOD, "different": Tone.BAD}
    rows = tuple(
        (
            Cell(tool.tool, sub=tool.reason or tool.step),
            Cell(words(tool.outcome), Look.BADGE, tones.get(tool.outcome, Tone.WARN)),
            Cell(number(tool.cases), Look.NUMBER),
            Cell(f"{number(tool.lines_reached)} of {number(tool.lines)}", Look.NUMBER),
            Cell(f"{number(tool.branches_reached)} of {number(tool.branches)}", Look.NUMBER),
        )
        for tool in tools[:MOST_ROWS]
    )
    looks = (Look.TEXT, Look.BADGE, Look.NUMBER, Look.NUMBER, Look.NUMBER)
    columns = ("Tool", "Outcome", "Cases", "Lines reached", "Branches reached")
    return Table("Tools", columns, looks, (40, 18, 10, 16, 16), rows, _left_out(len(tools), MOST_ROWS, "tool"))


def steps(content: Content) -> Section:
    drawn = curves.timeline(content.run, content.steps[:MOST_ROWS])
    table = Table(
        "Steps",
        ("#", "Step", "State", "Tries", "Started", "Took", "Estimate"),
        (Look.NUMBER, Look.TEXT, Look.BADGE, Look.NUMBER, Look.NUMBER, Look.NUMBER, Look.NUMBER),
        (5, 37, 13, 7, 13, 14, 11),
        tuple(map(_step, content.steps[:MOST_ROWS])),
        _left_out(len(content.steps), MOST_ROWS, "step"),
    )
    blocks: list[Block] = [table, *([drawn] if drawn else [])]
    for step in content.steps[:MOST_ROWS]:
        told = tuple(fact for fact in step.result if not is_digest(fact))
        if told and step.kind not in ("verification", "validation"):
            blocks += [Heading(f"{step.number}. {step.title}: what it told"), *fact_list(told)]
    return Section("steps", "Steps and times", tuple(blocks))


def _step(step: StepReport) -> tuple[Cell, ...]:
    more = [
        f"{number(step.done)}{f' of {number(step.total)}' if step.total is not None else ''} {step.unit}".strip()
        if step.done or step.total
        else "",
        counted(step.partitions, "partition") if step.partitions else "",
        step.error and (f"Had failed: {step.error}" if step.state == StepState.UNDONE else step.error),
        step.skipped_because,
    ]
    state = Tone.PLAIN if step.said in ("not reached", "left out") else Tone(tone(step.state))
    return (
        Cell(number(step.number), Look.NUMBER),
        Cell(step.title, sub=" · ".join(part for part in more if part)),
        Cell(step.said, Look.BADGE, state),
        Cell(number(step.attempts), Look.NUMBER),
        Cell(clock(step.started_at), Look.NUMBER),
        Cell(span(step.duration_ms), Look.NUMBER),
        Cell(seconds(step.estimated_seconds), Look.NUMBER),
    )


def fact_list(told: Sequence[Fact]) -> list[Block]:
    """Those near the surface; what is nested deeper, or more than a page can bear, is counted."""
    near = [fact for fact in told if is_near(fact)]
    items = [(_label(fact), value_cell(fact)) for fact in near[:MOST_FACTS]]
    more = len(told) - len(items)
    blocks: list[Block] = [FactList(tuple(items))] if items else []
    if more:
        blocks.append(Paragraph(f"{counted(more, 'value')} of its details in the JSON form."))
    return blocks


def is_near(fact: Fact) -> bool:
    parts = fact.name.split(".")
    return len(parts) <= MOST_NESTED and not any(part.isdigit() for part in parts)


def value_cell(fact: Fact) -> Cell:
    return Cell(shown(fact.value, fact.name), Look.CODE if is_digest(fact) else Look.TEXT)


def _label(fact: Fact) -> str:
    """A unit is said once, beside its number."""
    named = fact.name in FACT_NAMES or isinstance(fact.value, str | bool | None)
    return path_words(fact.name if named else without_unit(fact.name))


def path_words(name: str) -> str:
    """`copy.sessions` -> `Copy, sessions`."""
    return ", ".join(fact_name(part) if place == 0 else words(part) for place, part in enumerate(name.split(".")))


def _left_out(found: int, most: int, what: str) -> str:
    return f"{counted(found - most, what)} more in the JSON form" if found > most else ""
