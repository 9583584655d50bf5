"""Verifying the audit chain."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import AuditProof
from migrations_app.runtime.audit_check import Outside, check_chain
from migrations_app.services import audit, sealing
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require

MAX_PROBLEM = 500


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
    problem = f"Entry {broken.seq} {broken.message}."[:MAX_PROBLEM] if broken else ""
    damage = broken.kind.value if broken else ""
    AuditProof.objects.create(at=now, entries=check.entries, head=check.head, ok=ok, problem=problem, damage=damage)
    broken_at = broken.seq if broken else None
    return Verified(now, check.entries, check.head, ok, broken_at, problem, damage, check.sealed_through)
