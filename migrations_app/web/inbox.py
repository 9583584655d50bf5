"""The inbox: what waits for its reader, the news, and what is over; each tab is an address of its own."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from migrations_app.selectors.inbox import Inbox, InboxItem
from migrations_app.selectors.inbox import inbox as inbox_of
from migrations_app.services import notifications
from migrations_app.web.middleware import came_from
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import Told, can_be_undone

MARKED = "Marked as read."


@dataclass(frozen=True, slots=True)
class Tab:
    """`count` is what is to be done or read there, 0 for what is over."""

    name: str
    label: str
    count: int
    items: tuple[InboxItem, ...]

    @property
    def is_over(self) -> bool:
        """Nothing is to be done or read here any more."""
        return self.name == "earlier"


@require_safe
@login_required
def inbox(request: PageRequest) -> HttpResponse:
    tabs = _tabs(inbox_of(actor=request.actor))
    shown = next((tab for tab in tabs if tab.name == request.GET.get("tab")), tabs[0])
    unread = any(item.unread for tab in tabs for item in tab.items)
    return render(request, "inbox.html", {"tabs": tabs, "tab": shown, "unread": unread})


@require_POST
@login_required
def inbox_read(request: PageRequest) -> HttpResponse:
    notifications.mark_all_read(actor=request.actor, now=timezone.now())
    messages.success(request, "Everything is marked as read.")
    return redirect("inbox")


@require_POST
@login_required
def inbox_read_one(request: PageRequest, item_id: int) -> HttpResponse:
    notifications.mark_read(actor=request.actor, now=timezone.now(), notification_id=item_id)
    undo = reverse("inbox_unread_one", args=[item_id])
    item = inbox_of(actor=request.actor).find(item_id)
    if request.htmx and item:
        told = Told(MARKED, "good", "check-circle", undo)
        return render(request, "inbox.html#marked", {"item": item, "toasts": [told]})
    can_be_undone(request, MARKED, undo=undo)
    return redirect(came_from(request))


@require_POST
@login_required
def inbox_unread_one(request: PageRequest, item_id: int) -> HttpResponse:
    notifications.mark_unread(actor=request.actor, now=timezone.now(), notification_id=item_id)
    return redirect(came_from(request))


def _tabs(found: Inbox) -> tuple[Tab, ...]:
    return (
        Tab("waiting", "Waiting for you", len(found.open), found.open),
        Tab("news", "News", found.unread_news, found.news),
        Tab("earlier", "Earlier", 0, found.done),
    )
