"""The first page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from migrations_app.selectors.guide import guide
from migrations_app.selectors.home import home_page
from migrations_app.services import people
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


@require_safe
@login_required
def home(request: PageRequest) -> HttpResponse:
    now = timezone.now()
    page = home_page(actor=request.actor, now=now)
    context = {
        "page": page,
        "done": sum(step.done for step in page.set_up),
        "guide": None if page.set_up else guide(actor=request.actor, now=now),
    }
    return render(request, "home.html", context)


@require_POST
@login_required
def guide_hide(request: PageRequest) -> HttpResponse:
    people.show_guide(actor=request.actor, now=timezone.now(), shown=False)
    can_be_undone(request, "The guide is put away.", undo=reverse("guide_show"))
    return redirect("home")


@require_POST
@login_required
def guide_show(request: PageRequest) -> HttpResponse:
    people.show_guide(actor=request.actor, now=timezone.now(), shown=True)
    return redirect("home")


@require_safe
def favicon(request: PageRequest) -> HttpResponse:
    """For pages that do not name their icon: the admin, API answers shown in a browser."""
    return redirect(static("snakeweb/logo.svg"))
