"""Archiving in the browser, and the ways back: the toast that undoes it, the list of archived ones, its own page.

One way for all that is silent once it is archived: alert rules and channels, webhooks, maintenance windows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from migrations_app.services.errors import InvalidInput
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


class Archivable(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def archived(self) -> bool: ...


Row = TypeVar("Row", bound=Archivable)


@dataclass(frozen=True, slots=True)
class PutAway:
    """One line of the folded list. `page` and `restore` are addresses."""

    name: str
    about: str
    page: str
    restore: str


@dataclass(frozen=True, slots=True)
class Archive(Generic[Row]):
    """What one kind of thing needs. `key` is the argument of its service and of its views; `page` and `restore` are the
    names of its views.

    `read`: its row as it is now. `edit`: its service, with `archived`. `about`: what the folded list says beside the
    name. `gone` and `back` are said once it is archived, and once it is brought back. `listed`: where its list is.
    """

    key: str
    page: str
    restore: str
    read: Callable[[PageRequest, int], Row]
    edit: Callable[..., None]
    about: Callable[[Row], str]
    gone: str
    back: Callable[[Row], str]
    listed: Callable[[Row], str]

    def tell(self, request: PageRequest, key: int, asked: bool | None) -> Row:
        """After an edit that asked for this: say what became of it. Returns its row as it is now."""
        row = self.read(request, key)
        if asked:
            can_be_undone(request, self.gone, undo=reverse(self.restore, args=[key]))
        elif asked is False:
            messages.success(request, self.back(row))
        else:
            messages.success(request, "Saved. It stays archived." if row.archived else "Saved.")
        return row

    def lines(self, rows: Iterable[Row]) -> Sequence[PutAway]:
        """Of those that are archived."""
        return [
            PutAway(row.name, self.about(row), *(reverse(view, args=[row.id]) for view in (self.page, self.restore)))
            for row in rows
            if row.archived
        ]


def asked_for(posted: QueryDict) -> bool | None:
    """By the button of a form: True archives it, False brings it back as it stands in the form, None saves it."""
    return True if "archive" in posted else False if "restore" in posted else None


def restoring(archive: Archive[Row]) -> Callable[..., HttpResponseBase]:
    """The view that brings one back as it is. Where something is against that, its page is where it is put right."""

    @require_POST
    @login_required
    def restore(request: PageRequest, **keys: int) -> HttpResponse:
        found = keys[archive.key]
        try:
            archive.edit(actor=request.actor, now=timezone.now(), archived=False, **{archive.key: found})
        except InvalidInput as refused:
            said = " ".join(f"{one.message} {one.fix}" for one in refused.problems)
            messages.error(request, f"It stays archived. {said}")
            return redirect(archive.page, found)
        return redirect(archive.listed(archive.tell(request, found, asked=False)))

    return restore
