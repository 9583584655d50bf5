"""What happened to a migration, in order, as sentences."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from migrations_app.engine.vocabulary import Decision, ReviewState, RunKind
from migrations_app.models import AuditEntry, Migration, Person, PlanRevision, RiskWaiver, Signature
from migrations_app.selectors.plans import diff
from migrations_app.selectors.signing import signatures_of

MOST = 200
_DECIDED = {Decision.APPROVE: "signed", Decision.REJECT: "declined", Decision.COMMENT: "commented on"}
_NO_SIGNATURE = "had the plan approved, which wants no signature here"
_NO_MORE = "had the plan approved, which wants no further signature"
_NOUNS = {
    "options": "option",
    "parameters": "parameter",
    "steps": "step",
    "rollback_steps": "rollback step",
    "targets": "target",
    "claims": "claim",
}
_TOLD = {
    "migration.create": ("created", "created the migration"),
    "migration.clone": ("created", "cloned the migration from another"),
    "migration.promote": ("created", "promoted it from another environment"),
    "migration.edit": ("edited", "edited the migration"),
    "migration.cancel": ("cancelled", "cancelled the migration"),
    "review.submit": ("submitted", "submitted the plan for review"),
    "review.withdraw": ("withdrawn", "withdrew the plan from review"),
    "review.approved": ("approved", "gave the last signature wanted: the plan is approved"),
    "review.expire": ("expired", "— the review expired"),
    "review.asked_anew": ("asked", "changed who has to sign"),
    "dependency.add": ("ordered", "had another migration come before it"),
    "dependency.remove": ("ordered", "took a migration off those that come before it"),
    "run.break_glass": ("broke_glass", "broke the glass: started it against unmet conditions"),
    "break_glass.close": ("glass_closed", "looked at the break-glass and closed it"),
    "schedule.create": ("scheduled", "scheduled a run"),
    "schedule.edit": ("scheduled", "changed the schedule"),
    "schedule.cancel": ("scheduled", "cancelled the schedule"),
    "schedule.move": ("scheduled", "moved the schedule to the next window"),
    "schedule.miss": ("missed", "— a scheduled run was missed; it is not made up for"),
    "schedule.window_closed": ("scheduled", "— the window closed while a scheduled run was at work"),
    "schedule.window_opened": ("scheduled", "— the run went on in the next window"),
    "schedule.held_up": ("scheduled", "— the paused run was kept from going on in an open window"),
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened to the migration: `kind` is created, edited, planned, submitted, signed, voided, run...

    `who` is a person by full name, where they have one.
    """

    at: datetime
    who: str
    kind: str
    text: str
    detail: str = ""


def timeline(
    migration: Migration,
    signatures: Iterable[Signature] | None = None,
    revisions: Iterable[PlanRevision] | None = None,
) -> tuple[TimelineEntry, ...]:
    """Newest first, at most the newest 200. `signatures` of `signatures_of` and `revisions` with who planned them, in
    order of their numbers: where they are known already."""
    signed = list(signatures_of(migration) if signatures is None else signatures)
    if revisions is None:
        revisions = migration.revisions.select_related("created_by").order_by("number")
    entries = [
        *_told(migration, signed),
        *_planned(list(revisions)),
        *_waived(migration),
        *_signed(signed),
        *_ran(migration),
    ]
    newest = sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]
    people = Person.objects.filter(username__in={entry.who for entry in newest})
    names = {person.username: str(person) for person in people}
    return tuple(replace(entry, who=names.get(entry.who, entry.who)) for entry in newest)


def _told(migration: Migration, signatures: Sequence[Signature]) -> Iterator[TimelineEntry]:
    rows = AuditEntry.objects.filter(
        object_type="migration", object_id=str(migration.pk), action__in=_TOLD, outcome="allowed"
    )
    signers = {row.person.username for row in signatures}
    for row in rows.order_by("-seq")[:MOST]:
        kind, text = _TOLD[row.action]
        if kind == "approved" and row.actor not in signers:
            text = _NO_MORE if signers else _NO_SIGNATURE
        yield TimelineEntry(row.at, row.actor, kind, text, _detail(row, kind))


def _detail(row: AuditEntry, kind: str) -> str:
    if kind == "asked":
        return _asked_anew(row)
    return str(json.loads(bytes(row.body))["reason"]) if kind in ("broke_glass", "glass_closed") else ""


def _asked_anew(row: AuditEntry) -> str:
    """`Policy “Careful” has a new version 2. It was approved and is in review again.`"""
    body = json.loads(bytes(row.body))
    again = ReviewState.APPROVED == body["before"]["review_state"] != body["after"]["review_state"]
    return f"{body['reason']}.{' It was approved and is in review again.' if again else ''}"


def _planned(revisions: Sequence[PlanRevision]) -> Iterator[TimelineEntry]:
    """Each revision with what changed since the one before."""
    for before, revision in zip([None, *revisions], revisions, strict=False):
        detail = ""
        if before is not None and before.digest == revision.digest:
            detail = "the same content: signatures stand"
        elif before is not None:
            detail = f"changed: {changed([change.field for change in diff(before, revision).changes])}"
        yield TimelineEntry(
            revision.created_at, revision.created_by.username, "planned", f"planned revision {revision.number}", detail
        )


def changed(paths: Sequence[str]) -> str:
    """`options.a, options.b, description` -> `2 options, description`: what changed, in the words of the page."""
    names: dict[str, set[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        names.setdefault(head, set()).add(rest.partition(".")[0])
    return ", ".join(_count(head, len(each)) for head, each in names.items())


def _count(head: str, number: int) -> str:
    noun = _NOUNS.get(head)
    return f"{number} {noun}{'s' if number != 1 else ''}" if noun else head.replace("_", " ")


def _signed(signatures: Iterable[Signature]) -> Iterator[TimelineEntry]:
    for row in signatures:
        decision = Decision(row.decision)
        text = f"{_DECIDED[decision]} revision {row.revision.number}"
        yield TimelineEntry(row.at, row.person.username, str(decision), text, row.comment)
        if row.voided_at is not None:
            gone = f"the decision of {row.person} no longer counts"
            yield TimelineEntry(row.voided_at, "snakeweb", "voided", gone, row.voided_because)


def _waived(migration: Migration) -> Iterator[TimelineEntry]:
    for row in RiskWaiver.objects.filter(migration=migration).select_related("given_by", "ended_by"):
        text = f"waived “{row.title}” ({row.weight}) until {row.until:%Y-%m-%d %H:%M} UTC"
        yield TimelineEntry(row.given_at, row.given_by.username, "waived", text, row.reason)
        if row.ended_at is not None and row.ended_by is not None:
            yield TimelineEntry(row.ended_at, row.ended_by.username, "waived", f"withdrew the waiver of “{row.title}”")


def _ran(migration: Migration) -> Iterator[TimelineEntry]:
    for run in migration.runs.select_related("started_by"):
        kind = RunKind(run.kind).replace("_", " ")
        yield TimelineEntry(run.created_at, run.started_by.username, "run", f"started run {run.pk} ({kind})")
        if run.ended_at is not None:
            yield TimelineEntry(run.ended_at, "snakeweb", "run", f"run {run.pk} ended: {run.get_state_display()}")
