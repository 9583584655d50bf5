"""A person's own filters for a page: the list of migrations, or the audit trail.

They change nothing for anybody else and show nothing that their person may not see, so they are not audited.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from migrations_app.models import Person, SavedFilter
from migrations_app.models.saved_filter import NAME_LENGTH, QUERY_LENGTH
from migrations_app.services import finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check, invalid
from migrations_app.services.errors import NotFound
from migrations_app.services.operation import operation

MOST = 30
KEPT_FOR = timedelta(days=1)  # how long deleting can be taken back


@operation("saved_filter.save", about="saved_filter")
def save(*, actor: Actor, now: datetime, name: str, query: str, page: str = SavedFilter.MIGRATIONS) -> int:
    """Returns its id. `page` is one of the model's.

    A name that the person has there already means that filter: it shows `query` from now on.
    """
    person = _locked(actor)
    SavedFilter.objects.filter(person=person, deleted_at__lt=now - KEPT_FOR).delete()
    check = Check()
    named = check.text("name", name, most=NAME_LENGTH, required=True)
    shown = check.text("query", query, most=QUERY_LENGTH)
    check.done()
    mine = _mine(person, page)
    found = mine.filter(name=named).first()
    if found is None and mine.count() >= MOST:
        raise invalid("name", f"You have {MOST} saved filters.", "Delete one that you do not need.", "too_many")
    row = found or SavedFilter(person=person, page=page, name=named, created_at=now)
    row.query = shown
    row.save()
    return row.pk


@operation("saved_filter.rename", about="saved_filter")
def rename(*, actor: Actor, now: datetime, saved_filter_id: int, name: str) -> None:
    person = _locked(actor)
    row = _one(person, _everywhere(person), saved_filter_id)
    check = Check()
    named = check.text("name", name, most=NAME_LENGTH, required=True)
    if _mine(person, row.page).filter(name=named).exclude(pk=row.pk).exists():
        check.problem("name", f"You have a filter “{named}” already.", "Choose another name.", "taken")
    check.done()
    row.name = named
    row.save(update_fields=["name"])


@operation("saved_filter.choose_default", about="saved_filter")
def choose_default(*, actor: Actor, now: datetime, saved_filter_id: int, chosen: bool) -> None:
    """What the list shows when nothing else is asked for; at most one of a person's filters is it."""
    person = _locked(actor)
    row = _one(person, _everywhere(person), saved_filter_id)
    _mine(person, row.page).filter(is_default=True).update(is_default=False)
    _mine(person, row.page).filter(pk=row.pk).update(is_default=chosen)


@operation("saved_filter.delete", about="saved_filter")
def delete(*, actor: Actor, now: datetime, saved_filter_id: int) -> None:
    person = _locked(actor)
    row = _one(person, _everywhere(person), saved_filter_id)
    row.deleted_at, row.is_default = now, False
    row.save(update_fields=["deleted_at", "is_default"])


@operation("saved_filter.restore", about="saved_filter")
def restore(*, actor: Actor, now: datetime, saved_filter_id: int) -> None:
    """Take `delete` back, within a day. It is no default any more: another one may be by now."""
    person = _locked(actor)
    row = _one(person, SavedFilter.objects.filter(person=person), saved_filter_id)
    if row.deleted_at is None:
        return
    if _mine(person, row.page).filter(name=row.name).exists():
        raise invalid("name", f"You have another filter “{row.name}” by now.", "Rename that one first.", "taken")
    row.deleted_at = None
    row.save(update_fields=["deleted_at"])


def _locked(actor: Actor) -> Person:
    """A person's filters change one after the other, whatever several windows of theirs do."""
    return Person.objects.select_for_update().get(pk=finding.person(actor).pk)


def _everywhere(person: Person) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(person=person, deleted_at=None)


def _mine(person: Person, page: str) -> QuerySet[SavedFilter]:
    return _everywhere(person).filter(page=page)


def _one(person: Person, rows: QuerySet[SavedFilter], saved_filter_id: int) -> SavedFilter:
    usable = saved_filter_id if finding.is_key(saved_filter_id) else 0
    found = rows.filter(pk=usable).first()
    if found is None:
        others = SavedFilter.objects.filter(pk=usable).exclude(person=person).exists()
        raise NotFound("You have no such filter.", "Look at the list of migrations.", hidden=others)
    return found
