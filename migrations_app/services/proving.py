"""Verifying the audit chain because somebody asked for it."""

from datetime import datetime

from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.audit import Verified
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require


@operation("audit.verify", about="audit", atomic=False, in_maintenance=True)
def verify_audit(*, actor: Actor, now: datetime) -> Verified:
    """Read the whole chain and keep the outcome as a proof. That it was asked for is an entry of its own."""
    require(actor, Permission.VERIFY_AUDIT, None)
    verified = audit.verify_chain(now=now)
    audit.record(
        actor=actor,
        now=now,
        action="audit.verify",
        object_type="audit",
        object_id="chain",
        after={"entries": verified.entries, "ok": verified.ok, "problem": verified.problem},
    )
    return verified
