"""Step 3: every session of the source as NDJSON in the artifact store (which encrypts), before anything is written.

The backup is cut into chunks, each an artifact of its own, so that a run that is interrupted goes on at the last
whole chunk.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.session.paging import pages_ahead
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import reader, reading
from migrations_app.stores.sessions.base import Page
from migrations_app.stores.sessions.snapshot_file import write_record

CHUNK = 50_000  # sessions an artifact, at least


def chunk_key(run_id: int, chunk: int) -> str:
    return f"backups/run-{run_id}/sessions-{chunk:05d}.ndjson"


class Backup(Action):
    """Result: prefix, chunks, sessions, sha256 (one a chunk), keep_until (ISO); `skipped` when switched off.

    Undo keeps the backup: it goes when its retention ends, not when somebody rolls back.
    """

    chunk_size = CHUNK
    not_proven = ""
    leaves_scratch = True

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["backup_enabled"]:
            return {"skipped": "backup_enabled is false", "sessions": 0, "chunks": 0}
        state = {"cursor": "", "chunk": 0, "sessions": 0, "sha256": [], "last": False, **ctx.checkpoint}
        source = pages_ahead(reader(ctx.targets[SOURCE]), state["cursor"], ctx.options["batch_size"])
        with closing(source) as stream:
            while not state["last"]:
                state = self._write_chunk(ctx, stream, state)
                reach("session.backup.chunk")
                ctx.progress.save(state, done=state["sessions"], total=_expected(ctx), unit="sessions")
        return {
            "prefix": f"backups/run-{ctx.run_id}/",
            "chunks": state["chunk"],
            "sessions": state["sessions"],
            "sha256": state["sha256"],
            "keep_until": (ctx.clock.now() + timedelta(days=ctx.options["backup_retention"])).isoformat(),
        }

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        for chunk, sha256 in enumerate(result.get("sha256", ())):
            stored = ctx.artifacts.stat(chunk_key(ctx.run_id, chunk))
            if stored is None or stored.sha256 != sha256:
                raise ValidationFailed(
                    f"Part {chunk + 1} of the backup is not in the artifact store as it was written; "
                    "no session was touched. Check the artifact store, then retry.",
                )

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["backup_enabled"]:
            return {"skipped": "backup_enabled is false"}
        with reading(ctx.targets[SOURCE]) as source:
            return {"sessions": source.count()}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def clean_up(self, ctx: ActionContext) -> None:
        """Nothing was moved, so nobody needs it."""
        for key in list(ctx.artifacts.keys(f"backups/run-{ctx.run_id}/")):
            ctx.artifacts.delete(key)
            ctx.progress.alive()

    def manual_clean_up(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Remove what the artifact store holds under backups/run-{ctx.run_id}/.",)

    def _write_chunk(self, ctx: ActionContext, stream: Iterator[Page], state: Mapping[str, Any]) -> dict[str, Any]:
        key = chunk_key(ctx.run_id, state["chunk"])
        cursor, last, written = state["cursor"], False, 0
        with ctx.artifacts.create(key) as artifact:
            for page in stream:
                for record in page.records:
                    write_record(artifact, record)
                cursor, last, written = page.cursor, page.last, written + len(page.records)
                ctx.progress.alive()
                if written >= self.chunk_size:
                    break
        stored = ctx.artifacts.stat(key)
        return {
            "cursor": cursor,
            "last": last,
            "chunk": state["chunk"] + 1,
            "sessions": state["sessions"] + written,
            "sha256": [*state["sha256"], stored.sha256 if stored else ""],
        }

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Nothing to undo; the backup backups/run-{ctx.effect_run_id}/ is kept until its retention ends.",)


def _expected(ctx: ActionContext) -> int | None:
    sessions: int | None = ctx.results.get("prepare", {}).get("sessions")
    return sessions
