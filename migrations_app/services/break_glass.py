"""Break-glass: a start although conditions are unmet, in an emergency; and closing the review item that it leaves."""

from datetime import datetime

from migrations_app.engine.break_glass import LEAST_REASON, MOST_REASON
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import BreakGlass, Migration
from migrations_app.selectors.break_glass import why_not_close
from migrations_app.selectors.reviews import second_factor_recently
from migrations_app.services import audit, finding, notifications, overrides, starting
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied, SignInRequired, StepUpRequired
from migrations_app.services.operation import operation
from migrations_app.services.overrides import Override
from migrations_app.services.permissions import Permission
from migrations_app.services.presence import require_presence
from migrations_app.services.starting import Wanted

MOST_COMMENT = 10_000


@operation("run.break_glass", about="migration", atomic=False)
def start(*, actor: Actor, now: datetime, migration_id: int, digest: str, reason: str) -> int:
    """Start the plan of this digest although signatures, policy, dry run, window or freeze say no. Returns its run.

    Raises, besides what an ordinary start does: SignInRequired for a token, InvalidInput without a digest or with a
    reason of less than `LEAST_REASON` characters, StepUpRequired without a proof of presence from the last 300 s (a
    second factor in a protected environment), Conflict with reason `break_glass_off` or `nothing_to_override`.
    """
    if actor.token_id is not None:
        raise SignInRequired(
            "A token cannot break the glass; nothing was started.",
            f"Do it in the browser, on the page of migration {migration_id}.",
        )
    migration = finding.migration(migration_id, actor=actor, permission=Permission.BREAK_GLASS)
    check = Check()
    because = check.text("reason", reason, most=MOST_REASON, required=True, lines=True)
    if not check.problems and len(because) < LEAST_REASON:
        check.problem(
            "reason",
            f"That is {len(because)} characters; somebody else has to understand it later.",
            f"Write at least {LEAST_REASON}: what happens if it waits?",
            "too_short",
        )
    seen = check.text("digest", digest, most=64, required=True)
    check.done()
    overrides.require_allowed(migration)
    _present(actor, migration, now)
    wanted = Wanted(RunKind.APPLY, Permission.BREAK_GLASS, "run.break_glass", seen, override=Override(because))
    return starting.start(actor=actor, now=now, migration_id=migration_id, wanted=wanted)


@operation("break_glass.close", about="migration")
def close(*, actor: Actor, now: datetime, migration_id: int, break_glass_id: int, comment: str) -> None:
    """Somebody else who may approve has looked at it.

    Raises InvalidInput without a comment, Conflict when it is closed, PermissionDenied for the one who did it and for
    those who wrote the plan or waived a finding of it, StepUpRequired without a proof of presence from the last 300 s.
    """
    migration = finding.migration(migration_id, actor=actor, permission=Permission.SIGN, lock=True)
    rows = BreakGlass.objects.select_related("run", "person").filter(migration=migration)
    usable = 0 < break_glass_id <= finding.LARGEST_ID
    item = rows.filter(pk=break_glass_id).first() if usable else None
    if item is None:
        raise NotFound(f"“{migration.title}” has no such break-glass to close.", "Look at its page.")
    check = Check()
    said = check.text("comment", comment, most=MOST_COMMENT, required=True, lines=True)
    check.done()
    if item.closed_at is not None:
        raise Conflict("It was closed by somebody else already; nothing was changed.", reason="closed")
    why_not = why_not_close(actor, migration, item, now=now)
    if why_not:
        raise PermissionDenied(f"You cannot close this break-glass: {why_not}.", "Ask somebody else who may approve.")
    require_presence(actor, now=now, doing="Closing a break-glass", left="it stays open")
    item.closed_by, item.closed_at, item.comment = finding.person(actor), now, said
    item.save(update_fields=["closed_by", "closed_at", "comment"])
    if not rows.filter(closed_at=None).exists():
        notifications.settle(now=now, kind=notifications.BREAK_GLASS_REVIEW, migration=migration)
    notifications.tell(
        [item.person],
        now=now,
        kind=notifications.BREAK_GLASS_CLOSED,
        text=f"{item.closed_by} has looked at your break-glass of “{migration.title}” and closed it.",
        migration=migration,
    )
    audit.record(
        actor=actor,
        now=now,
        action="break_glass.close",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=said,
        after={"title": migration.title, "run": item.run_id, "started_by": item.person.username},
    )


def _present(actor: Actor, migration: Migration, now: datetime) -> None:
    if migration.environment.protected and not second_factor_recently(actor, now):
        raise StepUpRequired(
            f"{migration.environment.name} is protected: break-glass needs your second factor, given within the last "
            "five minutes; nothing was started.",
            "Show your second factor, then try again. Without one, set it up under Settings first.",
        )
    require_presence(actor, now=now, doing="Break-glass", left="nothing was started")
