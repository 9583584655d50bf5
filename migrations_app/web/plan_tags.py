"""Template tags of the migration's page, built in for every template: drawings of a plan."""

import json
from collections.abc import Sequence

from django import template

from migrations_app.selectors.plans import RevisionView
from migrations_app.selectors.risk import RiskView, WeighedFinding
from migrations_app.selectors.run_comparisons import RunColumn
from migrations_app.web import plan_graph as graphs
from migrations_app.web import risk_meter as meters
from migrations_app.web.wording import duration, short_time

register = template.Library()


@register.simple_tag
def plan_graph(plan: RevisionView) -> graphs.PlanGraph:
    return graphs.plan_graph(plan.steps, plan.rollback_steps)


@register.simple_tag
def risk_meter(risk: RiskView) -> meters.RiskMeter:
    return meters.risk_meter(risk)


@register.filter
def adding(findings: Sequence[WeighedFinding]) -> list[WeighedFinding]:
    """Those that raise the risk, or only tell something."""
    return [finding for finding in findings if not finding.is_credit]


@register.filter
def taking_away(findings: Sequence[WeighedFinding]) -> list[WeighedFinding]:
    return [finding for finding in findings if finding.is_credit]


@register.filter
def add_number(value: float, more: float) -> float:
    """Places in a drawing; Django's `add` knows whole numbers only."""
    return round(value + more, 1)


@register.filter
def label_at(columns: Sequence[RunColumn], place: int) -> str:
    """Of that column, counted from 0."""
    return columns[place].label


@register.filter
def took_ms(milliseconds: int | None) -> str:
    """`340` -> `0.3 s`, `200000` -> `3 min 20 s`."""
    if milliseconds is None:
        return "–"
    return short_time(milliseconds / 1000) if milliseconds < 10_000 else duration(milliseconds / 1000)


@register.filter
def as_json(value: object) -> str:
    """For people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)
