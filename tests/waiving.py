"""A plan with something to waive, and waiving it."""

from datetime import datetime, timedelta
from typing import Any

from migrations_app.models import Migration, PlanRevision
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.risk import RiskView
from migrations_app.services import waivers
from migrations_app.services.actor import Actor
from tests.stores_on_disk import Stage, newest

RULE = "session.source_removed"  # weighs 10
TITLE = "The source is emptied at the end"


def risky(stage: Stage) -> Migration:
    """Planned by the operator, with the finding that `waive` is about."""
    return stage.planned(options={"parallel_workers": 1, "batch_size": 10, "cleanup_source": True})


def high(migration: Migration) -> Migration:
    """Of high risk by the finding alone that can be waived."""
    revision = newest(migration)
    revision.findings = [f | {"weight": 0 if f["rule"] != RULE else 40} for f in revision.findings]
    PlanRevision.objects.filter(pk=revision.pk).update(findings=revision.findings, risk_score=40, risk_level="high")
    Migration.objects.filter(pk=migration.pk).update(risk_score=40, risk_level="high")
    return migration


def waive(actor: Actor, migration: Migration, now: datetime, **changes: Any) -> int:
    given: dict[str, Any] = {
        "digest": newest(migration).digest,
        "rule": RULE,
        "reason": "There is a copy.",
        "until": now + timedelta(days=7),
    }
    return waivers.waive(actor=actor, now=now, migration_id=migration.pk, **{**given, **changes})


def risk_of(actor: Actor, migration: Migration, now: datetime) -> RiskView:
    risk = migration_page(actor=actor, migration_id=migration.pk, now=now).risk
    assert risk is not None
    return risk
