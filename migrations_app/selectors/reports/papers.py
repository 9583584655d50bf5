"""The sections about what was agreed and what was written down: plan, signatures, rollback, events."""

from migrations_app.engine.vocabulary import RunState
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
from migrations_app.selectors.reports.evidence import MOST_ROWS, fact_list
from migrations_app.selectors.reports.model import Content, Events, PlanReport, RollbackReport, SignatureReport
from migrations_app.selectors.reports.values import clock, counted, moment, number, seconds
from migrations_app.selectors.state_words import tone, words

_LEVELS = {"warning": Tone.WARN, "error": Tone.BAD}


def plan(content: Content) -> Section:
    found = content.plan
    facts = [
        ("Revision", Cell(number(found.revision))),
        ("Written by", Cell(f"{found.created_by}, {moment(found.created_at)}")),
        ("Estimate", Cell(seconds(found.estimated_seconds))),
        (
            "Risk",
            Cell(f"{found.risk_level}, {number(found.risk_score)} of 100", Look.BADGE, Tone(tone(found.risk_level))),
        ),
        ("Digest", Cell(found.digest, Look.CODE)),
    ]
    facts += [(f"Uses {claim.name}", Cell(str(claim.value))) for claim in found.claims]
    blocks: list[Block] = [FactList(tuple(facts)), Heading("Steps as planned"), _planned(found)]
    for title, told in (("Parameters", found.parameters), ("Options", found.options)):
        if told:
            blocks += [Heading(title), *fact_list(told)]
    if found.findings:
        blocks += [Heading("Risk"), _findings(found)]
    if found.warnings:
        blocks.append(Notice("Warnings of the plan:", Tone.WARN, found.warnings))
    return Section("plan", "Plan", tuple(blocks))


def _planned(found: PlanReport) -> Table:
    numbers = {step.id: step.number for step in found.steps}
    rows = tuple(
        (
            Cell(number(step.number), Look.NUMBER),
            Cell(step.title, sub=step.validation and f"Validated: {step.validation}"),
            Cell(words(step.kind)),
            Cell(", ".join(number(numbers[name]) for name in step.depends_on if name in numbers)),
            Cell(
                step.undo_title if step.reversible else "cannot be undone",
                tone=Tone.PLAIN if step.reversible else Tone.WARN,
            ),
            Cell(seconds(step.estimated_seconds), Look.NUMBER),
        )
        for step in found.steps[:MOST_ROWS]
    )
    return Table(
        "Steps as planned",
        ("#", "Step", "Kind", "After", "Way back", "Estimate"),
        (Look.NUMBER, Look.TEXT, Look.TEXT, Look.TEXT, Look.TEXT, Look.NUMBER),
        (5, 35, 13, 8, 28, 11),
        rows,
        f"{counted(len(found.steps) - MOST_ROWS, 'step')} more in the JSON form"
        if len(found.steps) > MOST_ROWS
        else "",
    )


def _findings(found: PlanReport) -> Table:
    rows = tuple(
        (
            Cell(f"{finding.weight:+,}", Look.NUMBER),
            Cell(finding.title, sub=finding.evidence),
            Cell(finding.why, sub=finding.how_to_lower and f"To lower it: {finding.how_to_lower}"),
        )
        for finding in found.findings
    )
    looks = (Look.NUMBER, Look.TEXT, Look.TEXT)
    return Table("Risk", ("Weight", "Finding", "Why it matters"), looks, (9, 41, 50), rows)


def signatures(content: Content) -> Section:
    found = content.signatures
    if not found:
        text = "Nobody has signed this plan; no policy asked for it, or the start was by break-glass."
        return Section("signatures", "Signatures", (Paragraph(text),))

    def row(each: SignatureReport) -> tuple[Cell, ...]:
        voided = f"Void since {moment(each.voided_at)}: {each.voided_because}" if each.voided_at else ""
        return (
            Cell(each.person, sub=voided),
            Cell(words(each.decision), Look.BADGE, Tone(tone(each.decision)) if each.counted else Tone.PLAIN),
            Cell(moment(each.at)),
            Cell("yes" if each.counted else "no"),
            Cell(each.comment),
        )

    looks = (Look.TEXT, Look.BADGE, Look.TEXT, Look.TEXT, Look.TEXT)
    columns = ("Who", "Decision", "When", "Stood at the start", "Comment")
    table = Table("Signatures", columns, looks, (20, 14, 22, 14, 30), tuple(map(row, found)))
    digest = FactList((("Digest that was signed", Cell(content.plan.digest, Look.CODE)),))
    return Section("signatures", "Signatures", (digest, table))


def rollback(content: Content) -> Section:
    found = content.rollback
    blocks: list[Block] = []
    if found.remaining:
        blocks.append(Notice("By hand, in this order:", Tone.BAD, found.remaining, ordered=True))
    if found.taken:
        reason = f": {found.reason}" if found.reason else ""
        blocks.append(Paragraph(f"A rollback was begun{reason}."))
        blocks += _lists(found)
    elif content.run.state == RunState.SUCCEEDED and content.run.undone_by is None:
        blocks.append(Paragraph("No rollback was needed. The way back stands in the plan, step by step."))
    elif content.run.undone_by is not None:
        blocks.append(
            Paragraph(f"Run {content.run.undone_by} undid later what this run did; its own report has the steps.")
        )
    else:
        blocks.append(Paragraph("No rollback was begun."))
    if found.irreversible:
        blocks.append(Notice("Steps that cannot be undone:", Tone.WARN, found.irreversible))
    return Section("rollback", "Rollback", tuple(blocks))


def _lists(found: RollbackReport) -> list[Block]:
    blocks: list[Block] = []
    for title, steps, hue in (
        ("Undone, in this order:", found.undone, Tone.GOOD),
        ("Not undone yet:", found.left, Tone.WARN),
        ("The undo failed:", found.failed, Tone.BAD),
    ):
        if steps:
            blocks.append(Notice(title, hue, steps, ordered=True))
    return blocks


def events(found: Events) -> Section:
    left_out = found.total - len(found.rows)
    rows = tuple(
        (
            Cell(number(row.seq), Look.NUMBER),
            Cell(clock(row.at), Look.NUMBER),
            Cell(row.level, Look.BADGE, _LEVELS.get(row.level, Tone.PLAIN)),
            Cell(row.text),
        )
        for row in found.rows
    )
    looks = (Look.NUMBER, Look.NUMBER, Look.BADGE, Look.TEXT)
    more = ""
    if left_out:
        what = "checkpoints, log lines and events in the middle are" if left_out > 1 else "event is"
        more = f"{number(left_out)} {what} left out here; the JSON form has all {number(found.total)}."
    table = Table("Events", ("#", "Time (UTC)", "Level", "What happened"), looks, (8, 15, 12, 65), rows, more)
    return Section("events", "Events", (table,))
