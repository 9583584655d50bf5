"""The log of a run: windows of it, search in it, the whole of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from migrations_app.selectors.ansi import plain
from migrations_app.selectors.log_search import LogQuery, log_search
from migrations_app.selectors.run_log import EventRow, log_pages, log_window
from migrations_app.web.numbers import identifier
from migrations_app.web.requests import PageRequest
from migrations_app.web.streaming import streamed


def log_context(request: PageRequest, run_id: int) -> dict[str, Any]:
    """`?at=1234` shows that line and its neighbours instead of the tail, `?q=` and `?level=` what they find."""
    window = log_window(actor=request.actor, run_id=run_id, at=_number(request, "at"))
    return {"log": window, **_found(request, run_id)}


@require_safe
@login_required
def run_lines(request: PageRequest, run_id: int) -> HttpResponse:
    """Part of the log: `?before=`, `?after=` or `?at=` a line, or its tail."""
    after = _number(request, "after") if "after" in request.GET else None
    at, before = _number(request, "at"), _number(request, "before")
    log = log_window(actor=request.actor, run_id=run_id, at=at, before=before, after=after)
    return render(request, "runs/log.html#log-lines", {"log": log})


@require_safe
@login_required
def run_hits(request: PageRequest, run_id: int) -> HttpResponse:
    """What a search finds; with `?below=` the page's next part of a search that goes on."""
    goes_on = "below" in request.GET
    context = _found(request, run_id) | {"more": goes_on}
    return render(request, f"runs/log.html#{'log-more-hits' if goes_on and context['hits'] else 'log-hits'}", context)


@require_safe
@login_required
def run_log(request: PageRequest, run_id: int) -> HttpResponseBase:
    """The whole log as plain text."""
    headers = {"Content-Disposition": f'attachment; filename="run-{run_id}.log"'}
    pages = log_pages(actor=request.actor, run_id=run_id)
    return streamed(request, _as_text(pages), content_type="text/plain; charset=utf-8", headers=headers)


def _as_text(pages: Iterable[tuple[EventRow, ...]]) -> Iterator[str]:
    for page in pages:
        yield "".join(
            f"{line.at.isoformat(timespec='milliseconds')} {line.level:7} {line.step or '-'} {plain(line.text)}\n"
            for line in page
        )


def _found(request: PageRequest, run_id: int) -> dict[str, Any]:
    """Of one call: a search that looked at enough lines says where it goes on."""
    query = LogQuery(request.GET.get("q", "").strip(), request.GET.get("level", ""))
    if not query.asks:
        return {"asked": query, "hits": None}
    so_far = {name: _number(request, name) for name in ("below", "found", "listed", "newest")}
    hits = log_search(actor=request.actor, run_id=run_id, query=query, **so_far)
    return {"asked": hits.query, "hits": hits}


def _number(request: PageRequest, name: str) -> int:
    return identifier(request.GET.get(name, "")) or 0
