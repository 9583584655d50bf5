"""Two plan revisions side by side: what was, what is, and what the difference means for signatures, risk and runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.parameters import Field
from migrations_app.engine.vocabulary import Decision, ReviewState
from migrations_app.handlers import registry
from migrations_app.models import Migration, Signature
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import access_of
from migrations_app.selectors.migrations import visible_migration, visible_revision
from migrations_app.selectors.plan_changes import Section, sections_of, spoken_time
from migrations_app.selectors.plans import RevisionView, revision_view
from migrations_app.selectors.reviews import cannot_sign
from migrations_app.selectors.signing import signing_of


@dataclass(frozen=True, slots=True)
class Consequence:
    """A sentence; `tone` is good, warn, bad or '' for one that only informs."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`numbers` are all revisions of the migration, newest first. Without `sections` nothing differs that matters."""

    before: RevisionView
    after: RevisionView
    numbers: tuple[int, ...]
    same_digest: bool
    sections: tuple[Section, ...]
    consequences: tuple[Consequence, ...]


def compare_revisions(*, actor: Actor, migration_id: int, before: int, after: int) -> Comparison:
    """Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    old, new = (revision_view(visible_revision(migration, number)) for number in (before, after))
    return Comparison(
        before=old,
        after=new,
        numbers=tuple(migration.revisions.order_by("-number").values_list("number", flat=True)),
        same_digest=old.digest == new.digest,
        sections=sections_of(old, new, _parameters(new)),
        consequences=tuple(_consequences(migration, old, new)),
    )


def signs_next(*, actor: Actor, migration_id: int, number: int, now: datetime) -> bool:
    """Whether this revision is the newest, still wants a signature, and this actor can give it. Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    newest = visible_revision(migration, None)
    wanted = newest.number == number and migration.review_state == ReviewState.IN_REVIEW
    signing = signing_of(migration, newest, now=now)
    return wanted and not cannot_sign(actor, access_of(actor), migration, newest, signing, now=now)


def _parameters(revision: RevisionView) -> tuple[Field, ...]:
    """None for a handler that is not installed here any more: its parameters are shown by their bare names."""
    handler = registry.all_handlers().get(revision.plan.handler)
    return tuple(handler.parameters) if handler else ()


def _consequences(migration: Migration, old: RevisionView, new: RevisionView) -> Iterator[Consequence]:
    yield _signatures(migration, old, new)
    yield from _way_back(old, new)
    yield _risk(old, new)
    if old.estimated_seconds != new.estimated_seconds:
        takes, took = (spoken_time(each.estimated_seconds) for each in (new, old))
        yield Consequence("", f"It is expected to take {takes} instead of {took}.")
    if old.digest != new.digest:
        yield Consequence("", f"Dry runs of revision {old.number} do not count for revision {new.number}.")


def _signatures(migration: Migration, old: RevisionView, new: RevisionView) -> Consequence:
    rows = Signature.objects.filter(migration=migration, digest=old.digest).exclude(decision=Decision.COMMENT)
    names = list(dict.fromkeys(str(row.person) for row in rows.select_related("person").order_by("pk")))
    if old.digest == new.digest:
        return Consequence("good", "Both have the same digest: signatures on one cover the other.")
    if not names:
        return Consequence("", f"What is signed differs. Nobody had signed revision {old.number}.")
    whose = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return Consequence(
        "warn", f"What is signed differs: what {whose} decided on revision {old.number} says nothing about this one."
    )


def _risk(old: RevisionView, new: RevisionView) -> Consequence:
    shift = new.risk_score - old.risk_score
    if not shift:
        return Consequence("", f"The risk, before what is waived, stays at {new.risk_score} of 100, {new.risk_level}.")
    levels = f"{old.risk_level} to {new.risk_level}" if old.risk_level != new.risk_level else f"still {new.risk_level}"
    moves = "rises" if shift > 0 else "falls"
    sign = "+" if shift > 0 else "−"
    scores = f"{moves} from {old.risk_score} to {new.risk_score} ({sign}{abs(shift)}, {levels})"
    text = f"The risk, before what is waived, {scores}."
    return Consequence("bad" if shift > 0 else "good", text)


def _way_back(old: RevisionView, new: RevisionView) -> Iterator[Consequence]:
    before, after = (sum(not step.reversible for step in each.steps) for each in (old, new))
    if after > before:
        yield Consequence("bad", f"{_steps(after)} cannot be undone; before it was {before or 'none'}.")
    elif after < before:
        yield Consequence(
            "good", "Every step can be undone now." if not after else f"Only {_steps(after)} cannot be undone."
        )


def _steps(count: int) -> str:
    return f"{count} step{'s' if count != 1 else ''}"
