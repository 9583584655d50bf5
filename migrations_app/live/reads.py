"""What the hub reads: selectors and templates, off the event loop."""

from collections.abc import Mapping, Sequence
from typing import Any

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from migrations_app.live.hub import View
from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors import runs
from migrations_app.selectors.run_log import events_after
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import Refused

FRAGMENTS = ("run-header", "run-progress", "run-tables", "run-equivalence", "run-steps", "run-side")
TEMPLATE = "runs/run.html"
LINES = "runs/log_lines.html"
END = "</li>"


class SelectorReads:
    """`events_after` reads as Snakeweb itself: every watcher of the room was admitted before."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    async def events_after(self, run_id: int, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        events: Sequence[Mapping[str, Any]] = await database_sync_to_async(self._events)(run_id, after, limit)
        return events

    async def fragments(self, run_id: int, view: View) -> Mapping[str, str] | None:
        fragments: Mapping[str, str] | None = await database_sync_to_async(self._fragments)(run_id, view)
        return fragments

    def _events(self, run_id: int, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        rows = events_after(actor=SYSTEM, run_id=run_id, after=after, limit=limit)
        # Text is escaped, so the end of a line can only be ours.
        lines = render_to_string(LINES, {"lines": rows}).split(END)[:-1]
        return [
            {
                "seq": row.seq,
                "at": row.at.isoformat(),
                "type": row.type,
                "step": row.step,
                "partition": row.partition,
                "level": row.level,
                "text": row.text,
                "html": line + END,
            }
            for row, line in zip(rows, lines, strict=True)
        ]

    def _fragments(self, run_id: int, view: View) -> Mapping[str, str] | None:
        try:
            page = runs.run_page(actor=view.actor, run_id=run_id, now=self._clock.now())
        except Refused:
            return None
        return {name: render_to_string(f"{TEMPLATE}#{name}", {"page": page}) for name in FRAGMENTS}
