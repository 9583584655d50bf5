"""Template tags of the migration's page, built in for every template: drawings of a plan."""

from collections.abc import Sequence

from django import template

from migrations_app.selectors.plans import FindingRow, RevisionView
from migrations_app.web import plan_graph as graphs
from migrations_app.web import risk_meter as meters

register = template.Library()


@register.simple_tag
def plan_graph(plan: RevisionView) -> graphs.PlanGraph:
    return graphs.plan_graph(plan.steps, plan.rollback_steps)


@register.simple_tag
def risk_meter(plan: RevisionView) -> meters.RiskMeter:
    return meters.risk_meter(plan)


@register.filter
def adding(findings: Sequence[FindingRow]) -> list[FindingRow]:
    """Those that raise the risk, or only tell something."""
    return [finding for finding in findings if not finding.is_credit]


@register.filter
def taking_away(findings: Sequence[FindingRow]) -> list[FindingRow]:
    return [finding for finding in findings if finding.is_credit]


@register.filter
def add_number(value: float, more: float) -> float:
    """Places in a drawing; Django's `add` knows whole numbers only."""
    return round(value + more, 1)
