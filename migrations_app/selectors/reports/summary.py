"""The first and the last section: how it ended and what to do, and what vouches for the report."""

from collections.abc import Sequence

from migrations_app.engine.vocabulary import RunKind, RunState, StepKind
from migrations_app.selectors.reports.document import (
    Block,
    Cell,
    FactList,
    Heading,
    KeyFigures,
    Look,
    Notice,
    Paragraph,
    Section,
    Table,
    Tone,
)
from migrations_app.selectors.reports.model import Content, Recommendation, RunReport
from migrations_app.selectors.reports.values import counted, moment, number, seconds, shown, span
from migrations_app.selectors.state_words import words

MOST_WARNINGS = 20
_URGENCY = {"now": Tone.BAD, "soon": Tone.WARN, "consider": Tone.INFO}


def summary(content: Content) -> Section:
    run, outcome = content.run, content.outcome
    blocks: list[Block] = [Notice(outcome.verdict, Tone(outcome.tone))]
    if outcome.error:
        tone = Tone.WARN if run.state == RunState.ROLLED_BACK else Tone.BAD
        blocks.append(Notice(outcome.error, tone, outcome.advice))
    if content.override is not None:
        blocks.append(_override(content))
    blocks.append(KeyFigures(tuple(_key_figures(content))))
    blocks.append(FactList(tuple(_facts(content))))
    blocks.append(Heading("Recommendations"))
    blocks.append(recommendations(content.recommendations))
    if outcome.warnings:
        more = len(outcome.warnings) - MOST_WARNINGS
        said = f"{counted(len(outcome.warnings), 'warning')} of the steps" + (
            f", the newest {MOST_WARNINGS}" if more > 0 else ""
        )
        blocks.append(Notice(f"{said}:", Tone.WARN, outcome.warnings[-MOST_WARNINGS:]))
    return Section("summary", "Summary", tuple(blocks))


def _override(content: Content) -> Notice:
    override = content.override
    if override is None:
        raise ValueError("the run was started the ordinary way")
    state = "closed by somebody else since" if override.closed else "still open"
    return Notice(
        f"Started by break-glass by {override.by}, {state}. Why: “{override.reason}” What was overridden:",
        Tone.WARN,
        override.overridden,
    )


def _key_figures(content: Content) -> Sequence[tuple[str, str]]:
    run, figures = content.run, content.figures
    took = span(figures.duration_ms) if figures.duration_ms is not None else "–"
    usually = f", usually {seconds(figures.usual_seconds)}" if figures.usual_seconds else ""
    found = [(took, f"from start to end{usually}")]
    if content.rollback.taken and figures.steps_undone:
        found.append((f"{number(figures.steps_undone)} of {number(figures.steps)}", "steps undone"))
    else:
        found.append((f"{number(figures.steps_succeeded)} of {number(figures.steps)}", "steps done"))
    if figures.downtime_ms is not None:
        found.append((shown(figures.downtime_ms, "downtime"), "writes waited"))
    moving = [step for step in content.steps if step.kind == StepKind.MIGRATION and step.done and step.unit]
    moved = max(moving, key=lambda step: step.done, default=None)
    if moved is not None and run.kind != RunKind.DRY_RUN:
        found.append((number(moved.done), f"{moved.unit} in “{moved.title}”"))
    found.append((number(figures.retries), "retry" if figures.retries == 1 else "retries"))
    found.append((number(figures.takeovers), "takeovers by another worker"))
    found.append((number(figures.events), "events in the journal"))
    return found


def _facts(content: Content) -> Sequence[tuple[str, Cell]]:
    run = content.run
    found = [
        ("Migration", Cell(f"{run.migration_title} (migration {run.migration_id})")),
        ("Environment", Cell(run.environment + (" (protected)" if run.protected else ""))),
        ("Run", Cell(f"run {run.id}, {words(run.kind)}, {words(run.state)}")),
        ("Type", Cell(words(run.type) + (", without downtime" if run.zero_downtime else ""))),
        ("Asked for by", Cell(run.started_by)),
        ("Queued", Cell(moment(run.queued_at))),
        ("Started", Cell(moment(run.started_at))),
        ("Ended", Cell(moment(run.ended_at))),
    ]
    if run.undoes:
        found.append(("Undoes", Cell(f"run {run.undoes}")))
    if run.undone_by:
        found.append(("Undone by", Cell(f"run {run.undone_by}")))
    return found


def recommendations(given: Sequence[Recommendation]) -> Block:
    if not given:
        return Paragraph("Nothing that the run shows asks for anything.")
    rows = tuple(
        (Cell(each.urgency, Look.BADGE, _URGENCY[each.urgency]), Cell(each.text, sub=each.because)) for each in given
    )
    return Table("Recommendations", ("When", "What, and what it follows from"), (Look.BADGE, Look.TEXT), (14, 86), rows)


def proof(report: RunReport) -> Section:
    digest = report.digest or "not worked out: the run is long, and only its files read every event"
    look = Look.CODE if report.digest else Look.TEXT
    events = report.content.events.sha256
    items = [
        ("Digest of this report", Cell(digest, look)),
        *([("Digest of all events", Cell(events, Look.CODE))] if events else []),
        ("Audit entry", Cell(f"{number(report.audit.seq)}")),
        ("Hash of that entry", Cell(report.audit.hash, Look.CODE)),
        ("Made", Cell(f"{moment(report.made_at)} for {report.made_by}")),
        ("Format", Cell(f"{report.format}, {report.schema}")),
    ]
    how = (
        "The digest is the SHA-256 of the content in its JSON form (RFC 8785); it is the same in every form of this "
        "report. That the report was made is written in the audit trail, with this digest. Secrets are hidden (•••)."
    )
    return Section("proof", "What vouches for this report", (Paragraph(how), FactList(tuple(items))))
