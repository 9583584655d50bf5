"""What the words of the pages mean, all of them on one page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from migrations_app.web.help import TERMS
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def help_page(request: PageRequest) -> HttpResponse:
    terms = [{"id": key.replace("_", "-"), "term": term} for key, term in TERMS.items()]
    return render(request, "help.html", {"terms": sorted(terms, key=lambda each: str(each["id"]))})
