"""Sketches: what somebody is typing into a migration, kept for them until they save it or throw it away.

A sketch is no migration: nothing of it is checked against declarations, audited or shown to anybody else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from migrations_app.models import Person, Sketch
from migrations_app.services import drafts, finding, migrations
from migrations_app.services.actor import Actor
from migrations_app.services.checking import invalid
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import NotFound, PermissionDenied, StaleEdit
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, access_of

MOST_BYTES = 64 * 1024  # as much as a document that is imported
MOST_FIELDS = 120
MOST_SKETCHES = 20
UNTOUCHED_FOR = timedelta(hours=1)
REMEMBERED_FOR = timedelta(days=1)  # so that a second click, or the back button, finds the migration it became
FIELD = re.compile(r"(title|description|environment|handler|(targets|parameters|options)\.[a-z][a-z0-9_]{0,59})")
WRITER = re.compile(r"[0-9a-f]{0,32}")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an open page knows: the version that it was loaded with or has saved, and its own name."""

    version: int
    writer: str


@dataclass(frozen=True, slots=True)
class Kept:
    """`became` is the migration that the sketch has become already; then nothing was kept."""

    version: int
    at: datetime
    became: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """The migration that a sketch has become, or was an edit of."""

    migration_id: int
    voided_signatures: int = 0


@operation("migration.create", about="migration")
def begin(
    *,
    actor: Actor,
    now: datetime,
    values: Mapping[str, str],
    begun_from: str = "",
    clone_of: int | None = None,
    document: MigrationDraft | None = None,
    typed: bool = False,
) -> int:
    """A new sketch; returns its id. `typed`: there is something in it that nobody else has. `document`: what it was
    begun from, which is remembered, as a default that it names is not one that nobody chose.

    Old ones that nobody typed into, or that became a migration, go.
    """
    person = _author(actor)
    version = 2 if typed else 1
    facts = {"begun_from": begun_from[:200], "clone_of_id": clone_of, "written": _written(document)}
    return _begun(person, now, values, **facts, version=version).pk


@operation("migration.edit", about="migration")
def begin_edit(*, actor: Actor, now: datetime, migration_id: int, values: Mapping[str, str]) -> int:
    """The actor's unfinished edit of that migration, else a new one that begins with `values`; returns its id.

    One that nobody has typed into is left to expire when the migration has moved on.
    """
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR)
    finding.no_live_run(migration, "edited")
    person = finding.person(actor)
    mine = Sketch.objects.filter(person=person, edits=migration, became=None, discarded_at=None)
    found = mine.filter(Q(version__gt=1) | Q(of_version=migration.version)).order_by("-changed_at", "-pk").first()
    if found is not None:
        return found.pk
    begun_from = f"an edit of “{migration.title[:150]}”"
    return _begun(person, now, values, begun_from=begun_from, edits=migration, of_version=migration.version).pk


@operation("migration.create", about="migration")
def keep(*, actor: Actor, now: datetime, sketch_id: int, seen: Seen, values: Mapping[str, str]) -> Kept:
    """Keep what is in the form now.

    Raises StaleEdit, and keeps what is there, when another page has saved since.
    """
    person = _author(actor)
    text = _checked(values)
    sketch = _mine(person, sketch_id)
    if sketch.became_id is not None:
        return Kept(sketch.version, sketch.changed_at, sketch.became_id)
    if not _is_current(sketch, seen):
        raise StaleEdit(
            "This draft was changed on another page since you opened it here. What you see here is not kept, and "
            "what was saved there is still there.",
            "Load the other one, or keep this one as a draft of its own.",
            details={"version": sketch.version},
        )
    if text != sketch.values:
        sketch.values = text
        sketch.version += 1
    sketch.writer = seen.writer if WRITER.fullmatch(seen.writer) else ""
    sketch.changed_at = now
    sketch.save(update_fields=["values", "version", "writer", "changed_at"])
    return Kept(sketch.version, now)


@operation("migration.create", about="migration")
def discard(*, actor: Actor, now: datetime, sketch_id: int) -> None:
    """Start over: the sketch is gone, for a day `restore` can bring it back. A migration that it became stays."""
    sketch = _mine(finding.person(actor), sketch_id)
    if sketch.became_id is None:
        sketch.discarded_at = now
        sketch.save(update_fields=["discarded_at"])


@operation("migration.create", about="migration")
def restore(*, actor: Actor, now: datetime, sketch_id: int) -> None:
    """Bring one back that was discarded. Raises NotFound once it is gone for good."""
    sketch = _mine(_author(actor), sketch_id, discarded=True)
    sketch.discarded_at = None
    sketch.changed_at = now
    sketch.save(update_fields=["discarded_at", "changed_at"])


@operation("migration.create", about="migration")
def create(*, actor: Actor, now: datetime, sketch_id: int, seen: Seen, draft: MigrationDraft) -> Made:
    """Make the migration that is in the form. Asked twice, it is made once.

    When another page has saved since, the sketch stays as it was left there, unfinished.
    """
    person = finding.person(actor)
    sketch = _locked(person, sketch_id)
    if sketch is not None and sketch.became_id is not None:
        return Made(sketch.became_id)
    environment = migrations.environment_of(actor, draft)
    checked = drafts.check(draft, environment)
    clone_of = sketch.clone_of_id if sketch is not None else None
    made = migrations.insert(actor, now, environment, checked, clone_of=clone_of)
    if sketch is not None:
        _end(sketch, seen, made.pk, now)
    return Made(made.pk)


@operation("migration.edit", about="migration")
def finish_edit(
    *, actor: Actor, now: datetime, migration_id: int, sketch_id: int, seen: Seen, draft: MigrationDraft
) -> Made:
    """Save what is in the form as the migration's content. Asked twice, it is saved once.

    Raises StaleEdit when somebody else has edited the migration since this edit began.
    """
    sketch = _mine(finding.person(actor), sketch_id)
    if sketch.edits_id != migration_id:
        raise NotFound("This draft is of another migration; nothing was saved.", "Open the migration, and edit that.")
    if sketch.became_id is not None:
        return Made(sketch.became_id)
    edited = migrations.change(actor, now, migration_id, sketch.of_version, draft)
    _end(sketch, seen, migration_id, now)
    return Made(migration_id, edited.voided_signatures)


def _begun(person: Person, now: datetime, values: Mapping[str, str], **facts: Any) -> Sketch:
    text = _checked(values)
    mine = Sketch.objects.filter(person=person)
    untouched = Q(version=1, changed_at__lt=now - UNTOUCHED_FOR)
    done = Q(became__isnull=False, changed_at__lt=now - REMEMBERED_FOR)
    mine.filter(untouched | done | Q(discarded_at__lt=now - REMEMBERED_FOR)).delete()
    if mine.filter(became=None, discarded_at=None).count() >= MOST_SKETCHES:
        raise invalid(
            "",
            f"You have {MOST_SKETCHES} unfinished drafts, which is the most that are kept; no new one was begun.",
            "Finish one of them, or discard those that you no longer need.",
            "too_many",
        )
    return Sketch.objects.create(person=person, values=text, created_at=now, changed_at=now, **facts)


def _written(draft: MigrationDraft | None) -> dict[str, Any] | None:
    """For `selectors.sketches.written_before`. Documents are checked before, so each value is one of JSON."""
    if draft is None:
        return None
    parts = {"parameters": dict(draft.parameters), "options": dict(draft.options)}
    return {"handler": draft.handler, "description": draft.description, **parts}


def _end(sketch: Sketch, seen: Seen, migration_id: int, now: datetime) -> None:
    if not _is_current(sketch, seen):
        return
    sketch.became_id = migration_id
    sketch.values = {}
    sketch.changed_at = now
    sketch.save(update_fields=["became", "values", "changed_at"])


def _author(actor: Actor) -> Person:
    person = finding.person(actor)
    if not access_of(actor).anywhere(Permission.AUTHOR):
        raise PermissionDenied(
            f"{person} may not author in any environment; this needs the role operator. Nothing was kept.",
            "Ask an admin for the role operator in the environment you work in.",
        )
    return person


def _locked(person: Person, sketch_id: int) -> Sketch | None:
    usable = sketch_id if finding.is_key(sketch_id) else 0
    return Sketch.objects.select_for_update(of=("self",)).filter(person=person, pk=usable).first()


def _mine(person: Person, sketch_id: int, *, discarded: bool = False) -> Sketch:
    found = _locked(person, sketch_id)
    if found is None or (found.discarded_at is not None and not discarded):
        raise NotFound(
            "This draft is no longer there; it was discarded, maybe on another page.",
            "What you see here is still in this page: keep it as a draft of its own, or begin anew.",
            hidden=finding.is_key(sketch_id) and Sketch.objects.filter(pk=sketch_id).exclude(person=person).exists(),
        )
    return found


def _is_current(sketch: Sketch, seen: Seen) -> bool:
    """Whether nobody else has saved since: it is at the version that was seen, or this very page saved last.

    The second half matters when the answer to a save was lost on its way.
    """
    return sketch.version == seen.version or (bool(seen.writer) and sketch.writer == seen.writer)


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    """Texts under names that the form has, and not more of them than a plan needs. Raises InvalidInput."""
    strange = [name for name in values if not FIELD.fullmatch(name)]
    if strange or len(values) > MOST_FIELDS:
        what = f"a field “{strange[0][:60]}”" if strange else f"{len(values)} fields"
        raise invalid("", f"This form has no place for {what}; nothing was kept.", "Load the page again.", "unknown")
    size = sum(len(name.encode()) + len(text.encode()) for name, text in values.items())
    if size > MOST_BYTES:
        raise invalid(
            "description",
            f"Together these texts have {size:,} bytes; {MOST_BYTES:,} are kept at most, so nothing was kept.",
            "Shorten the description.",
            "too_long",
        )
    return dict(values)
