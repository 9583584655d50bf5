"""The rule of apply-if-newer (PROTOCOL 7) as a pure function, and the checks that come before any write.

The Redis script and PostgreSQL's statements say the same in their own language; the contract suite compares them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from migrations_app.engine.errors import LeaseLost, Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version


class Verdict(StrEnum):
    REPLACE = "replace"
    RAISE_DEADLINE = "raise_deadline"
    REFUSE = "refuse"


class Held(NamedTuple):
    """What the store holds for an id: its version and deadline."""

    version: Version
    expires_at_ms: int | None


def verdict(record: SessionRecord, held: Held | None, now_ms: int) -> Verdict:
    """What happens to a record that arrives at `now_ms` of the store's clock."""
    if record.expires_at_ms is not None and record.expires_at_ms <= now_ms:
        return Verdict.REFUSE
    if held is None or record.version == UNVERSIONED or record.version > held.version:
        return Verdict.REPLACE
    if record.version == held.version and later(record.expires_at_ms, held.expires_at_ms) != held.expires_at_ms:
        return Verdict.RAISE_DEADLINE
    return Verdict.REFUSE


def later(one: int | None, other: int | None) -> int | None:
    """The later of two deadlines; None (never) is the latest."""
    return None if one is None or other is None else max(one, other)


def newest_of_each(records: Sequence[SessionRecord], version: Version | None = None) -> Sequence[SessionRecord]:
    """One record an id: of several, the one that applying them in order (all at `version`, if given) would leave."""
    if len({record.id for record in records}) == len(records):
        return records
    if version is not None:
        records = [replace(record, version=version) for record in records]
    kept: dict[str, SessionRecord] = {}
    for record in records:
        before = kept.get(record.id)
        if before is None or record.version == UNVERSIONED or record.version > before.version:
            kept[record.id] = record
        elif record.version == before.version:
            kept[record.id] = replace(before, expires_at_ms=later(record.expires_at_ms, before.expires_at_ms))
    return list(kept.values())


def refuse_unrepresentable(records: Sequence[SessionRecord], why: Callable[[SessionRecord], str]) -> None:
    """Raises ValidationFailed, counting the records of each reason, before anything is written."""
    reasons = Counter(reason for record in records if (reason := why(record)))
    if reasons:
        raise ValidationFailed(
            f"The target cannot hold {sum(reasons.values())} of {len(records)} sessions as they are; none was written.",
            problems=[
                Problem(
                    "config", f"{count} sessions: {reason}.", "Choose a layout or codec that can hold them.", "layout"
                )
                for reason, count in reasons.items()
            ],
        )


def run_of(worker: WorkerToken) -> str:
    """`run:12:` of the scope `run:12:0`."""
    return ":".join(worker.scope.split(":")[:2]) + ":"


def stale(worker: WorkerToken, known: int | None) -> LeaseLost:
    """The refusal of a writer whose token is not the newest of its scope."""
    what = "is not known to the store" if known is None else f"was overtaken by token {known}"
    return LeaseLost(
        f"Token {worker.token} of {worker.scope} {what}; nothing was written.",
        details={"scope": worker.scope, "token": worker.token, "known": known},
    )
