"""Verifying the audit chain: as a whole when somebody asks, and what is new by itself."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import AuditProof, AuditWatch
from migrations_app.runtime.audit_check import ChainBreak, Outside, check_chain, check_new
from migrations_app.services import audit, sealing
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require

MAX_PROBLEM = 500
AT_ONCE = 20_000  # new entries of one look; the next one goes on behind them


@dataclass(frozen=True, slots=True)
class Verified:
    """`entries` intact ones and the hash of the newest of them; `broken_at` is the seq where the chain breaks.

    `damage` is the kind of damage (`runtime.audit_check.Damage`), '' for an intact chain.
    """

    at: datetime
    entries: int
    head: str
    ok: bool
    broken_at: int | None = None
    problem: str = ""
    damage: str = ""
    sealed_through: int = 0


@operation("audit.verify", about="audit", atomic=False, in_maintenance=True)
def verify_audit(*, actor: Actor, now: datetime) -> Verified:
    """Read the whole chain and keep the outcome as a proof. That it was asked for is an entry of its own."""
    require(actor, Permission.VERIFY_AUDIT, None)
    verified = verify_chain(now=now)
    audit.record(
        actor=actor,
        now=now,
        action="audit.verify",
        object_type="audit",
        object_id="chain",
        after={"entries": verified.entries, "ok": verified.ok, "problem": verified.problem},
    )
    return verified


def verify_chain(*, now: datetime, known: Outside | None = None) -> Verified:
    """Read the whole chain, keep the outcome as a proof, and name the first break by its seq and kind.

    It is compared with the checkpoints of every place that can be read, and with those `known` besides.
    """
    check = check_chain({**sealing.outside(), **(known or {})})
    broken, ok = check.broken, check.broken is None
    problem, damage = _words(broken)
    AuditProof.objects.create(at=now, entries=check.entries, head=check.head, ok=ok, problem=problem, damage=damage)
    broken_at = broken.seq if broken else None
    return Verified(now, check.entries, check.head, ok, broken_at, problem, damage, check.sealed_through)


def watch_new(*, now: datetime, most: int = AT_ONCE) -> Verified:
    """Look at the entries that came since the last look; a background loop calls this.

    What is sealed and was looked at before is not read again, so this is no proof of the whole chain and no sound look
    is kept as one: damage is, once, which alerts whoever has a rule for it and stays until a whole verification.
    """
    seen = AuditWatch.objects.filter(pk=1).first() or AuditWatch(through=0, head="")
    check = check_new(seen.through, seen.head, most=most)
    broken = check.broken
    problem, damage = _words(broken)
    if broken is None:
        _seen(check.entries, check.head, now)
    elif AuditProof.objects.values_list("ok", flat=True).order_by("-pk").first() is not False:
        AuditProof.objects.create(
            at=now, entries=check.entries, head=check.head, ok=False, problem=problem, damage=damage
        )
    broken_at = broken.seq if broken else None
    return Verified(now, check.entries, check.head, broken is None, broken_at, problem, damage, check.sealed_through)


def _seen(entries: int, head: str, now: datetime) -> None:
    """Of several looks at once the farthest counts."""
    AuditWatch.objects.bulk_create([AuditWatch(through=0, head="", at=now)], ignore_conflicts=True)
    AuditWatch.objects.filter(pk=1, through__lte=entries).update(through=entries, head=head, at=now)


def _words(broken: ChainBreak | None) -> tuple[str, str]:
    return (f"Entry {broken.seq} {broken.message}."[:MAX_PROBLEM], broken.kind.value) if broken else ("", "")
