"""That it is the person: what decides for others wants a proof no older than five minutes (DESIGN section 5)."""

from datetime import datetime

from migrations_app.selectors.reviews import recently_present
from migrations_app.services.actor import Actor
from migrations_app.services.errors import StepUpRequired


def require_presence(actor: Actor, *, now: datetime, doing: str, left: str) -> None:
    """`doing` begins the sentence (“Signing”), `left` ends it (“nothing was signed”). Raises StepUpRequired."""
    if not recently_present(actor, now):
        raise StepUpRequired(
            f"{doing} needs your password or second factor, given within the last five minutes; {left}.",
            "Show that it is you, then do it again.",
        )
