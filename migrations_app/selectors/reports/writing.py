"""A report as a document: the one order of its sections, whatever it is written as."""

from migrations_app.selectors.reports.document import Cell, Document, Look, Tone
from migrations_app.selectors.reports.evidence import integrity, states, steps
from migrations_app.selectors.reports.impact import measured
from migrations_app.selectors.reports.model import RunReport
from migrations_app.selectors.reports.papers import events, plan, rollback, signatures
from migrations_app.selectors.reports.summary import proof, summary
from migrations_app.selectors.reports.values import moment
from migrations_app.selectors.state_words import tone, words

SHORT = 16  # hex digits of a digest that tell reports apart at a glance


def document_of(report: RunReport) -> Document:
    content = report.content
    run = content.run
    digest = f"Digest {report.digest[:SHORT]}…" if report.digest else "Without digest"
    return Document(
        title=run.migration_title,
        subtitle=f"Report of run {run.id}: {words(run.kind)} in {run.environment}",
        badge=Cell(words(run.state), Look.BADGE, Tone(tone(run.state))),
        sections=(
            summary(content),
            states(content),
            integrity(content.integrity),
            steps(content),
            measured(content),
            plan(content),
            signatures(content),
            rollback(content),
            events(content.events),
            proof(report),
        ),
        running=f"Run {run.id}, {run.environment}, {moment(report.made_at)}",
        proof=f"{digest} · audit entry {report.audit.seq:,} {report.audit.hash[:SHORT]}…",
    )
