"""The risk of a plan at a moment: what was found when it was planned, without what is waived now.

Whoever decides by the level of a risk asks here: `PlanRevision.risk_level` is what was assessed, waivers aside.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from migrations_app.engine.risk import Score, weigh
from migrations_app.engine.risk.words import explained
from migrations_app.engine.vocabulary import RiskLevel
from migrations_app.models import Migration, PlanRevision, RiskWaiver
from migrations_app.selectors.waivers import WaiverRow, barred_givers, judged, open_waivers, waivers_of


@dataclass(frozen=True, slots=True)
class WeighedFinding:
    """`waiver`: the one by which it does not count now. `ended`: the newest that does not count any more, else None."""

    rule: str
    title: str
    evidence: str
    weight: int
    why: str
    how_to_lower: str
    waiver: WaiverRow | None = None
    ended: WaiverRow | None = None

    @property
    def is_credit(self) -> bool:
        return self.weight < 0

    @property
    def counts(self) -> bool:
        return self.waiver is None


@dataclass(frozen=True, slots=True)
class RiskView:
    """`total` = `added` - `credited`; the score is that, kept within 0..100 (`clamped`: it had to be cut off).

    `waived` is what waived findings would add. `assessed_*` is what was found when it was planned.
    """

    score: int
    level: RiskLevel
    added: int
    credited: int
    waived: int
    total: int
    clamped: bool
    explanation: str
    assessed_score: int
    assessed_level: RiskLevel
    findings: tuple[WeighedFinding, ...]


def risk_now(migration: Migration, revision: PlanRevision, *, now: datetime) -> RiskView:
    weights = waivable_weights(revision)
    waivers = waivers_of(migration, digest=revision.digest, weights=weights, now=now)
    return _view(revision, waivers)


def level_now(migration: Migration, revision: PlanRevision, *, now: datetime) -> RiskLevel:
    """What a policy goes by at this moment."""
    return risk_now(migration, revision, now=now).level


def risks_of(revisions: Iterable[PlanRevision], *, now: datetime) -> Mapping[int, RiskView]:
    """Revision id -> its risk at this moment, of those alone that something is waived of; the others' is as assessed.

    Five queries at the most, however many there are.
    """
    listed = list(revisions)
    waivers = open_waivers(now=now, migrations={revision.migration_id for revision in listed})
    return _waived(waivers, listed, now)


def newest_risks(*, now: datetime, migrations: Iterable[int] | None = None) -> Mapping[int, RiskView]:
    """Migration id -> the same of its newest plan; `migrations` None: of all of them. As many queries."""
    waivers = open_waivers(now=now, migrations=migrations)
    if not waivers:
        return {}
    newer = PlanRevision.objects.filter(migration=OuterRef("migration"), number__gt=OuterRef("number"))
    newest = PlanRevision.objects.filter(~Exists(newer), migration__in={waiver.migration_id for waiver in waivers})
    listed = list(newest.only("migration", "digest"))
    about = {revision.pk: revision.migration_id for revision in listed}
    return {about[revision]: risk for revision, risk in _waived(waivers, listed, now).items()}


def _waived(waivers: Iterable[RiskWaiver], revisions: Iterable[PlanRevision], now: datetime) -> Mapping[int, RiskView]:
    given: dict[tuple[int, str], list[RiskWaiver]] = defaultdict(list)
    for waiver in waivers:
        given[waiver.migration_id, waiver.digest].append(waiver)
    about = {each.pk for each in revisions if (each.migration_id, each.digest) in given}
    if not about:
        return {}
    barred = barred_givers([each for rows in given.values() for each in rows])
    found = {}
    for revision in PlanRevision.objects.filter(pk__in=about).defer("content", "source_state", "target_state"):
        rows = given[revision.migration_id, revision.digest]
        weights = waivable_weights(revision)
        risk = _view(revision, judged(rows, barred, digest=revision.digest, weights=weights, now=now))
        if risk.waived:
            found[revision.pk] = risk
    return found


def _view(revision: PlanRevision, waivers: tuple[WaiverRow, ...]) -> RiskView:
    findings = tuple(_weighed(finding, waivers) for finding in revision.findings)
    return view_of(findings, assessed=(revision.risk_score, RiskLevel(revision.risk_level)))


def view_of(findings: tuple[WeighedFinding, ...], *, assessed: tuple[int, RiskLevel]) -> RiskView:
    """What was `assessed` stands as long as nothing is waived, whatever today's rules would make of it."""
    counting = [finding.weight for finding in findings if finding.counts]
    waived = [finding.weight for finding in findings if not finding.counts]
    score = weigh(counting, waived)
    return RiskView(
        score=score.score if waived else assessed[0],
        level=score.level if waived else assessed[1],
        added=score.added,
        credited=score.credited,
        waived=score.waived,
        total=score.total,
        clamped=score.clamped,
        explanation=explained(
            score,
            adding=sum(weight > 0 for weight in counting),
            credited=sum(weight < 0 for weight in counting),
            waived=len(waived),
        ),
        assessed_score=assessed[0],
        assessed_level=assessed[1],
        findings=findings,
    )


def without(risk: RiskView, rule: str) -> Score:
    """What it would come to if the findings of that rule were waived too."""
    counting = [each for each in risk.findings if each.counts]
    return weigh(
        (each.weight for each in counting if each.rule != rule or each.is_credit),
        (each.weight for each in risk.findings if not each.counts or (each.rule == rule and not each.is_credit)),
    )


def waivable_weights(revision: PlanRevision) -> Mapping[str, int]:
    """By rule, what its findings add together. What adds nothing cannot be waived."""
    weights: Counter[str] = Counter()
    for finding in revision.findings:
        if finding["weight"] > 0:
            weights[finding["rule"]] += finding["weight"]
    return weights


def _weighed(finding: Mapping[str, Any], waivers: Iterable[WaiverRow]) -> WeighedFinding:
    of_rule = [waiver for waiver in waivers if waiver.rule == finding["rule"]] if finding["weight"] > 0 else []
    now = next((waiver for waiver in of_rule if waiver.counts), None)
    return WeighedFinding(**finding, waiver=now, ended=None if now or not of_rule else of_rule[0])
