"""What ending sessions and revoking invitations reads back before it happens."""

from datetime import datetime

from django.urls import reverse

from migrations_app.models.actor import Actor
from migrations_app.selectors.invitations import list_invitations
from migrations_app.selectors.people import PersonRow
from migrations_app.selectors.sessions import list_sessions
from migrations_app.web.confirming import Question
from migrations_app.web.numbers import identifier
from migrations_app.web.requests import PageRequest

AGAIN = "Whoever uses it has to sign in again; pages that are open there stop following within half a minute."


def whose(request: PageRequest) -> int | None:
    """The person whose list the question was asked on; None for one's own."""
    return identifier(request.POST.get("person") or request.GET.get("person"))


def way_back(request: PageRequest) -> tuple[str] | tuple[str, int]:
    person_id = whose(request)
    return ("settings_sessions",) if person_id is None else ("person", person_id)


def revoke_session(*, request: PageRequest, session_id: int) -> Question:
    person_id = whose(request)
    rows = list_sessions(actor=request.actor, person_id=person_id, current_key=request.session.session_key or "")
    row = next((each for each in rows if each.id == session_id), None)
    name, *ids = way_back(request)
    return Question(
        title="Sign this session out?",
        says=f"This is the browser that you are using now. {AGAIN}" if row and row.current else AGAIN,
        thing=f"{row.browser}, {row.address}" if row else "",
        button="Sign out",
        keep="Leave it signed in",
        back=reverse(name, args=ids),
        why_not="" if row else "there is no such session, or it has ended already",
        fields=(("person", str(person_id)),) if person_id is not None else (),
    )


def sign_person_out(*, person: PersonRow, sessions: int) -> Question:
    return Question(
        title=f"Sign {person.username} out everywhere?",
        says=AGAIN,
        thing=person.name or person.username,
        button="Sign out everywhere",
        keep="Leave it as it is",
        back=reverse("person", args=[person.id]),
        undone=(f"{sessions} session{'' if sessions == 1 else 's'}",),
        kept=("API tokens: their person revokes them, or is made inactive",),
    )


def revoke_invitation(*, actor: Actor, now: datetime, invitation_id: int) -> Question:
    rows = list_invitations(actor=actor, now=now)
    row = next((each for each in rows if each.id == invitation_id and each.state == "open"), None)
    return Question(
        title="Revoke this invitation?",
        says="Its link opens nothing any more. Whoever is meant can be invited anew.",
        thing=row.email if row else "",
        button="Revoke",
        keep="Keep it",
        back=reverse("invitation_list"),
        why_not="" if row else "there is no such invitation, or it was used or revoked, or it has expired",
    )
