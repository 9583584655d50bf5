"""Writing to the audit chain. Other services call `record` inside their own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.hiding import redact, redact_text
from migrations_app.models import ApiToken, AuditEntry
from migrations_app.models.actor import Actor
from migrations_app.runtime import audit as chain
from migrations_app.runtime.audit import AuditOutcome

__all__ = ["AuditOutcome", "record"]


def record(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    object_type: str,
    object_id: str | int,
    environment: str = "",
    outcome: AuditOutcome | str = AuditOutcome.ALLOWED,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append who did what to what. Call it last in the transaction: the chain's head stays locked until it ends.

    `before` and `after` hold what changed; credentials in them are hidden here as well.
    """
    return chain.append(
        chain.AuditRecord(
            at=now,
            actor=actor.username,
            on_behalf_of=actor.on_behalf_of,
            token=_token_prefix(actor),
            address=actor.address,
            request_id=actor.request_id,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            environment=environment,
            outcome=AuditOutcome(outcome),
            reason=redact_text(reason),
            before=None if before is None else redact(before),
            after=None if after is None else redact(after),
        )
    )


def _token_prefix(actor: Actor) -> str:
    if actor.token_id is None:
        return ""
    return ApiToken.objects.filter(pk=actor.token_id).values_list("prefix", flat=True).first() or ""
