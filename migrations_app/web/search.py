"""The page of the search: what was found, by kind, and what one can do about it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.selectors.search_table import KINDS
from migrations_app.services import searching
from migrations_app.web.palette import doable
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def search(request: PageRequest) -> HttpResponse:
    query, cursor = request.GET.get("q", "").strip(), request.GET.get("cursor", "")
    found = searching.search(actor=request.actor, now=timezone.now(), q=query, cursor=cursor)
    words = () if cursor or found.query.kind else found.query.words
    context = {
        "query": query,
        "found": found,
        "later": bool(cursor),
        "groups": doable(request, words) if words else (),
        "icons": {kind: noun.icon for kind, noun in KINDS.items()},
    }
    return render(request, "search.html#found" if request.htmx else "search.html", context)
