"""A start that was refused because targets are no longer as they were planned: each field, then and now."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from migrations_app.selectors.migrations import migration_row
from migrations_app.services.errors import Conflict
from migrations_app.web.requests import PageRequest


def drift_shown(request: PageRequest, migration_id: int, refused: Conflict) -> HttpResponse:
    """The answer (409), with whatever else is in the way. Raises the refusal again when no target has drifted."""
    problems: list[dict[str, Any]] = refused.details.get("problems", [])
    drifted = [problem["drift"] for problem in problems if "drift" in problem]
    if not drifted:
        raise refused
    context = {
        "row": migration_row(actor=request.actor, migration_id=migration_id, now=timezone.now()),
        "drifted": drifted,
        "others": [problem for problem in problems if "drift" not in problem],
    }
    return render(request, "migrations/drift.html", context, status=409)
