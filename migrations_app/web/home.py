"""The first page and the search."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.selectors.home import home_page
from migrations_app.selectors.search import search as find
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def home(request: PageRequest) -> HttpResponse:
    page = home_page(actor=request.actor, now=timezone.now())
    return render(request, "home.html", {"page": page})


@require_safe
def favicon(request: PageRequest) -> HttpResponse:
    """For pages that do not name their icon: the admin, API answers shown in a browser."""
    return redirect(static("snakeweb/logo.svg"))


@require_safe
@login_required
def search(request: PageRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    hits = find(actor=request.actor, q=query) if query else ()
    template = "search.html#hits" if request.htmx else "search.html"
    return render(request, template, {"query": query, "hits": hits})
