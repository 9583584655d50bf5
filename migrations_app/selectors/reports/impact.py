"""The section on what was measured: what each target felt of the run, then the pace of the run itself."""

from collections.abc import Iterator, Sequence

from migrations_app.selectors.reports import curves
from migrations_app.selectors.reports.document import (
    Block,
    Cell,
    Heading,
    Look,
    Notice,
    Paragraph,
    Section,
    Table,
    Tone,
)
from migrations_app.selectors.reports.measurements import GapReport, ImpactReport, MetricReport, PeriodReport, Series
from migrations_app.selectors.reports.model import Content, RunFacts
from migrations_app.selectors.reports.values import UNKNOWN, clock, counted, number
from migrations_app.selectors.state_words import words

FEWEST = 3  # readings that make a curve
_NOTE = (
    "Median, and what 95 % of the readings lie within. Dashed: as it was before the run; upright: where it began and "
    "ended. What the run itself does at a target is part of it."
)


def measured(content: Content) -> Section:
    blocks = [block for target in content.impact for block in _target(target, content.run)]
    if blocks:
        blocks.append(Paragraph(_NOTE))
    if content.series:
        charts = (curves.chart(each) for each in content.series)
        blocks += [Heading("The run itself"), *(chart for chart in charts if chart), curves.table(content.series)]
    return Section("impact", "Impact", tuple(blocks) or (Paragraph("Nothing was measured while this run went on."),))


def _target(target: ImpactReport, run: RunFacts) -> Iterator[Block]:
    about = f"{target.name} ({words(target.role)})"
    yield Heading(f"{about}: before, during and after")
    told = [metric for metric in target.metrics if _known(metric)]
    if told:
        yield _figures(about, told)
    yield from _not_told(target.metrics)
    if target.gaps:
        count = counted(sum(gap.count for gap in target.gaps), "reading")
        yield Notice(f"{count} failed:", Tone.WARN, tuple(map(_gap, target.gaps)))
    for metric in told:
        if _known(metric) >= FEWEST:
            usual = metric.before.median if metric.before else None
            series = Series(metric.metric, target.name, metric.title, metric.unit, metric.values, usual)
            chart = curves.chart(series, (run.started_at, run.ended_at))
            if chart is not None:
                yield chart


def _figures(about: str, told: Sequence[MetricReport]) -> Table:
    periods = (Look.NUMBER, Look.NUMBER, Look.NUMBER)
    return Table(
        f"Impact on {about}",
        ("Measured", "Before", "During", "After", "Readings"),
        (Look.TEXT, *periods, Look.NUMBER),
        (28, 21, 21, 21, 9),
        tuple(
            (
                Cell(f"{metric.title}, {metric.unit}" if metric.unit != metric.title.lower() else metric.title),
                *map(_period, (metric.before, metric.during, metric.after)),
                Cell(number(_known(metric)), Look.NUMBER),
            )
            for metric in told
        ),
    )


def _known(metric: MetricReport) -> int:
    return sum(point.value is not None for point in metric.values)


def _period(found: PeriodReport | None) -> Cell:
    if found is None:
        return Cell(UNKNOWN, Look.NUMBER)
    sub = f"95 % within {number(found.p95)}" if found.readings > 1 else ""
    return Cell(number(found.median), Look.NUMBER, sub=sub)


def _not_told(metrics: Sequence[MetricReport]) -> Iterator[Block]:
    reasons: dict[str, list[str]] = {}
    for metric in metrics:
        if metric.not_told:
            reasons.setdefault(metric.not_told, []).append(metric.title.lower())
    for why, names in reasons.items():
        yield Paragraph(f"Not told: {', '.join(names)}; {why}.")


def _gap(gap: GapReport) -> str:
    when = (
        clock(gap.since) if gap.count == 1 else f"{clock(gap.since)} to {clock(gap.until)}, {number(gap.count)} times"
    )
    return f"{when}: {gap.why}"
