"""A dangerous action is read back before it happens: as a dialog, or as a page of its own where no script runs.

GET of the action's address asks, POST does it. Where the environment is protected a POST has to bring the name of the
thing; one without it is answered by the question again (422).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from migrations_app.services.errors import NotFound
from migrations_app.web.requests import PageRequest

METHODS = ["GET", "HEAD", "POST"]
DIALOG = "#confirm"


@dataclass(frozen=True, slots=True)
class Question:
    """`says` is what will happen. `undone` and `kept` are what it takes back and what it leaves.

    `why_not`: it is not possible now, so there is nothing to confirm. `asks_reason`: for the audit trail. `fields`
    are sent along. `dangerous` ones want the name typed in a protected environment.
    """

    title: str
    says: str
    thing: str
    button: str
    keep: str
    back: str
    environment: str = ""
    protected: bool = False
    undone: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    why_not: str = ""
    asks_reason: bool = False
    dangerous: bool = True
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def must_type(self) -> str:
        """The name to type, '' where none is asked for."""
        return self.thing if self.protected and self.dangerous else ""


def unconfirmed(request: PageRequest, ask: Callable[[], Question]) -> HttpResponse | None:
    """The answer that asks, or None when the person has confirmed.

    None also when the service is going to refuse: it says so in its own words, and the refusal is recorded.
    """
    posted = request.method == "POST"
    try:
        question = ask()
    except NotFound:
        if posted:
            return None
        raise
    typed = request.POST.get("typed", "")
    if posted and (question.why_not or not question.must_type or _same(typed, question.must_type)):
        return None
    context = {"question": question, "wrong": posted, "typed": typed, "reason": request.POST.get("reason", "")}
    template = "confirm.html#asked" if request.htmx else "confirm.html"
    answer = render(request, template, context, status=422 if posted else 200)
    # A refused form of the page itself is answered in the dialog. A button that asks names the dialog as its target; to
    # turn its answer round would lose it when the button has been replaced meanwhile, as live pages do.
    return retarget(reswap(answer, "innerHTML"), DIALOG) if request.htmx and posted else answer


def from_dialog(request: PageRequest) -> bool:
    return bool(request.htmx and request.htmx.target == DIALOG.removeprefix("#"))


def sent_to(request: PageRequest, name: str, *ids: int) -> HttpResponse:
    """On to that page, from a form and from a dialog alike."""
    address = reverse(name, args=ids)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _same(typed: str, name: str) -> bool:
    """Spaces at the ends and between words do not count; people copy titles from pages."""
    return re.sub(r"\s+", " ", typed).strip() == re.sub(r"\s+", " ", name).strip()
