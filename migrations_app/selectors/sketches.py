"""The unfinished drafts of one person. Nobody else sees them, whatever their role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.models import Migration, Sketch
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.environments import LARGEST_ID
from migrations_app.selectors.refusals import NotFound

FORMAT = 1


@dataclass(frozen=True, slots=True)
class SketchRow:
    """`title` is what was typed so far; '' when nothing was."""

    id: int
    title: str
    begun_from: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SketchPage:
    """`values` are the form's texts by input name. `became` is the migration that it has become, if it has.

    `edits`: the migration that it changes, as it was at `of_version`; None for a new one.
    """

    row: SketchRow
    values: Mapping[str, str]
    version: int
    became: int | None
    edits: int | None
    of_version: int

    @property
    def touched(self) -> bool:
        return self.version > 1


@dataclass(frozen=True, slots=True)
class Written:
    """What the author of a stored migration, or of a document, gave: defaults that they named, and no others."""

    handler: str
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    description: str = ""


def my_sketches(*, actor: Actor) -> tuple[SketchRow, ...]:
    """Those that something was typed into and that are no migration yet, newest first."""
    mine = Sketch.objects.filter(person=actor.person_id, became=None, discarded_at=None, version__gt=1)
    return tuple(_row(sketch) for sketch in mine.order_by("-changed_at", "-pk"))


def my_sketch(*, actor: Actor, sketch_id: int) -> SketchPage:
    """Raises NotFound, also for those of others."""
    usable = sketch_id if 0 < sketch_id <= LARGEST_ID else 0
    sketch = Sketch.objects.filter(person=actor.person_id, pk=usable, discarded_at=None).first()
    if sketch is None:
        raise NotFound(
            "This draft is no longer there: it was discarded, or it is somebody else's.",
            "Begin a new migration; what you saved as a migration is in the list.",
            hidden=Sketch.objects.filter(pk=usable).exclude(person=actor.person_id).exists(),
        )
    return SketchPage(
        _row(sketch), _texts(sketch), sketch.version, sketch.became_id, sketch.edits_id, sketch.of_version
    )


def written_before(*, actor: Actor, sketch_id: int) -> Written | None:
    """Of the migration that this one edits or copies, as it is stored now, or of the document that it was begun from;
    None where there is none to be seen."""
    mine = Sketch.objects.filter(person=actor.person_id, pk=sketch_id if 0 < sketch_id <= LARGEST_ID else 0)
    *of, document = mine.values_list("edits", "clone_of", "written").first() or (None,)
    if document is not None:
        return Written(**document)
    visible = Migration.objects.filter(access_of(actor).within(Permission.VIEW), pk__in=[pk for pk in of if pk])
    found = visible.only("handler", "parameters", "options", "description").first()
    return None if found is None else Written(found.handler, found.parameters, found.options, found.description)


def _texts(sketch: Sketch) -> dict[str, str]:
    return {str(name): str(text) for name, text in sketch.values.items()} if sketch.format == FORMAT else {}


def _row(sketch: Sketch) -> SketchRow:
    return SketchRow(sketch.pk, _texts(sketch).get("title", "").strip(), sketch.begun_from, sketch.changed_at)
