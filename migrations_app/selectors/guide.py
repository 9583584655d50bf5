"""The guide to one's own first migration: where somebody who has never started one stands, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import MigrationStatus, ReviewState, RunKind, RunState
from migrations_app.models import Environment, Migration, MigrationTarget, Person, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.policy_rules import asked_of, least_signatures
from migrations_app.selectors.sketches import SketchRow, my_sketches

_S = MigrationStatus
_ENDED = (_S.CANCELLED, _S.COMPLETED, _S.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair that nothing has been planned for: the source holds sessions, the target answers and is empty."""

    environment_id: int
    environment: str
    required_approvals: int
    source_id: int
    source: str
    target_id: int
    target: str
    sessions: int


@dataclass(frozen=True, slots=True)
class GuideStep:
    key: str
    title: str
    text: str
    done: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """`migration_id` is the one that the steps are about, once there is one; before that, `sketch` or `suggestion`."""

    steps: tuple[GuideStep, ...]
    migration_id: int | None
    title: str
    sketch: SketchRow | None
    suggestion: Suggestion | None


def guide(*, actor: Actor, now: datetime) -> Guide | None:
    """None for those who may not author, who have started a real run, or who put the guide away."""
    access = access_of(actor)
    person = Person.objects.filter(pk=actor.person_id, guide_hidden_at=None).first() if actor.person_id else None
    if person is None or not access.anywhere(Permission.AUTHOR):
        return None
    if Run.objects.filter(started_by=person, kind=RunKind.APPLY).exists():
        return None
    mine = Migration.objects.filter(created_by=person).exclude(status__in=_ENDED)
    migration = mine.select_related("environment").order_by("-pk").first()
    suggestion = _suggestion(actor) if migration is None else None
    return Guide(
        steps=_steps(migration, suggestion, now),
        migration_id=migration.pk if migration else None,
        title=migration.title if migration else "",
        sketch=next(iter(my_sketches(actor=actor)), None) if migration is None else None,
        suggestion=suggestion,
    )


def _steps(migration: Migration | None, suggestion: Suggestion | None, now: datetime) -> tuple[GuideStep, ...]:
    planned = bool(migration and migration.revisions.exists() and migration.status != _S.DRAFT)
    dry_runs = (
        migration.runs.filter(kind=RunKind.DRY_RUN, state=RunState.SUCCEEDED) if migration else Run.objects.none()
    )
    needed = _needed(migration, now) if migration else 0
    signed = bool(migration and planned and (not needed or migration.review_state == ReviewState.APPROVED))
    rows = (
        ("write", "Write it", "From a template: choose two targets; the rest has good defaults.", bool(migration)),
        ("plan", "Plan it", "Snakeweb looks at both sides, read-only, and writes steps, way back and risk.", planned),
        (
            "dry_run",
            "Dry-run it",
            "Every step is gone through without writing anything.",
            planned and dry_runs.exists(),
        ),
        ("sign", "Have it signed", _signing(migration, suggestion, needed), signed),
        ("run", "Run it", "Watch it live; pause it or take it back at any time.", False),
    )
    first_open = next(key for key, _, _, done in rows if not done)
    return tuple(GuideStep(key, title, text, done, key == first_open) for key, title, text, done in rows)


def _needed(migration: Migration, now: datetime) -> int:
    return len(asked_of(migration, migration.revisions.order_by("-number").first(), now=now).slots)


def _signing(migration: Migration | None, suggestion: Suggestion | None, needed: int) -> str:
    if migration is None and suggestion is None:
        return "Where a policy asks for it, by others: you cannot sign what you wrote."
    name = migration.environment.name if migration else suggestion.environment if suggestion else ""
    needed = suggestion.required_approvals if suggestion else needed
    others = f"{needed} other {'person' if needed == 1 else 'people'}"
    return f"By {others}; you cannot sign what you wrote." if needed else f"{name} asks for no signature."


def _suggestion(actor: Actor) -> Suggestion | None:
    """In the environment that asks for the fewest signatures and has such a pair."""
    places = list(Environment.objects.filter(access_of(actor).within(Permission.AUTHOR, "pk")))
    least = least_signatures(places)
    planned_for = MigrationTarget.objects.values("target")
    for place in sorted(places, key=lambda place: (least[place.pk], place.protected, place.position)):
        fresh = Target.objects.filter(environment=place, archived_at=None, last_probe__ok=True).exclude(
            pk__in=planned_for
        )
        held = {
            target: int(target.last_probe.facts.get("sessions") or 0) for target in fresh.select_related("last_probe")
        }
        full = next((target for target in held if held[target]), None)
        empty = next((t for t in held if full and not held[t] and t.kind == full.kind), None)
        if full and empty:
            return Suggestion(
                place.pk, place.name, least[place.pk], full.pk, full.name, empty.pk, empty.name, held[full]
            )
    return None
