"""What happens to records of the source that cannot be read as sessions."""

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session.fingerprint import fingerprint, key_of
from migrations_app.handlers.session.parameters import LEAVE, SOURCE
from migrations_app.stores.sessions.base import Page


def refuse_unreadable(ctx: ActionContext, page: Page) -> None:
    """Raises StepFailed for records that are no sessions, unless the plan says to leave them."""
    if not page.unreadable or ctx.parameters["unreadable"] == LEAVE:
        return
    key = key_of(ctx.extra)
    named = [{"fingerprint": fingerprint(id_, key), "reason": reason} for id_, reason in page.unreadable[:20]]
    raise StepFailed(
        f"{len(page.unreadable)} record(s) of “{ctx.targets[SOURCE].name}” are not readable as sessions "
        f"({named[0]['fingerprint']}: {named[0]['reason']}); nothing was removed from the source. "
        "Mend or remove them, narrow the target's prefix, or set the parameter “unreadable” to “leave”.",
        details={"unreadable": named},
    )
