"""What the steps of a rehearsal do differently: there is no route, and so no moment at which writes wait.

A copy is held against the very record it was made from, which no traffic can blur. The comparison of both stores
brings what differs level before it looks again, so that only what differs although it was just written counts.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.interruptions import SliceOver
from migrations_app.handlers.session.fingerprint import fingerprint, key_of
from migrations_app.handlers.session.levelling import Progressed, catch_up, unrouted
from migrations_app.handlers.session.parameters import TARGET
from migrations_app.handlers.session.pause import FORWARD
from migrations_app.handlers.session.records import newer_than, same_deadline
from migrations_app.handlers.session.verification import compare, mismatch
from migrations_app.stores.sessions.base import Applied, Page, SessionStore
from migrations_app.stores.sessions.records import SessionRecord, Version

COMPARISONS = 3  # at the most; a session that changes all the time may differ in each of them
CATCH_UP_SEQ = 2
SHOWN = 5


def read_back(ctx: ActionContext, scratch: SessionStore, page: Page, applied: Applied) -> None:
    """Hold the copies of a page against its records. Raises DataCorruption for a copy that is not its record.

    What the store refused to replace it had from an earlier look at the source (a driver that died, a scan that
    repeats): that is written anew first.
    """
    records = list({record.id: record for record in page.records}.values())
    wrong = _differing(ctx, scratch, records)
    if wrong and applied.refused:
        there = scratch.read([record.id for record in wrong])
        anew = [
            replace(record, version=newer_than(copy, record.version)) for record, copy in zip(wrong, there, strict=True)
        ]
        scratch.apply(anew, ctx.worker)
        wrong = _differing(ctx, scratch, wrong)
    if wrong:
        key = key_of(ctx.extra)
        named = [fingerprint(record.id, key) for record in wrong[:SHOWN]]
        raise DataCorruption(
            f"{len(wrong)} of {len(records)} sessions read back from “{ctx.targets[TARGET].name}” are not what was "
            f"written there: {', '.join(named)}. The migration would damage them. Nothing else is touched.",
            details={"mismatches": len(wrong), "fingerprints": named},
        )


def _differing(ctx: ActionContext, scratch: SessionStore, records: Sequence[SessionRecord]) -> list[SessionRecord]:
    copies = scratch.read([record.id for record in records]) if records else []
    tolerance = ctx.parameters["deadline_tolerance_ms"]
    ends = int(ctx.clock.now().timestamp() * 1000) + tolerance
    wrong = []
    for record, copy in zip(records, copies, strict=True):
        if copy is None:
            equal = record.expires_at_ms is not None and record.expires_at_ms <= ends
        else:
            equal = record.content_hash() == copy.content_hash() and same_deadline(
                record.expires_at_ms, copy.expires_at_ms, tolerance
            )
        if not equal:
            wrong.append(record)
    return wrong


def caught_up(ctx: ActionContext) -> Progressed:
    """Passes over both stores as before a switch, without one."""

    def save(state: Progressed) -> None:
        ctx.progress.save(state.as_checkpoint(), done=state.position.looked_at, unit="sessions")

    with unrouted(ctx, FORWARD) as work:
        return catch_up(ctx, work, CATCH_UP_SEQ, Progressed.from_checkpoint(ctx.checkpoint), save)


def caught_up_and_compared(ctx: ActionContext) -> dict[str, Any]:
    """Both in one step. Result: caught_up, and those of the comparison."""
    state = caught_up(ctx)
    return {"caught_up": state.changed, **compared_while_writes_go_on(ctx, state.as_checkpoint())}


def compared_while_writes_go_on(ctx: ActionContext, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Every session both ways. Result: compared, mismatches (0), changed_meanwhile, in_motion.

    `changed_meanwhile` were brought level in between; `in_motion` still differed at the last look and changed on the
    source at that very moment. `kept` stays in the step's checkpoint. Raises DataCorruption for anything else.
    """
    changed = 0
    with unrouted(ctx, FORWARD) as work:

        def settle(ids: Sequence[str]) -> None:
            nonlocal changed
            changed += work.level(ids, Version(ctx.run_id, CATCH_UP_SEQ))

        def tick(seen: int) -> None:
            with suppress(SliceOver):  # a comparison cannot be taken up in the middle
                ctx.progress.save(kept or {}, done=seen, unit="sessions")

        for _ in range(COMPARISONS):
            found = compare(ctx, tick, settle)
            reach("session.rehearsal.compared")
            if not found.mismatches:
                break
    if found.mismatches > found.source_moved:
        raise mismatch(ctx, found, went_on="Nothing but the rehearsal is touched.")
    return {
        "compared": found.compared,
        "mismatches": 0,
        "changed_meanwhile": changed,
        "in_motion": found.mismatches,
    }
