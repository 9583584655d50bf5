"""Who is behind a call: a person in a browser, a program with a person's token, or Snakeweb itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """The doors make one per request; services and selectors take nothing else about the caller.

    `person_id` is None only for Snakeweb itself and for somebody who is not logged in (no rights at all).
    `scopes` is None in a browser session and the token's scopes otherwise. `reauthenticated_at` is when the
    person last proved to be there, `shown_by` how (a word of `selectors.sessions.Factor`), `second_factor_at` when they
    last did so by a second factor of ours; None and '' when never in this session. `attested` is whether the provider
    of the single sign-on vouched in this browser session for a second factor; None in none, where the person's last
    sign-in counts.
    """

    person_id: int | None
    username: str
    address: str = ""
    request_id: str = ""
    token_id: int | None = None
    scopes: frozenset[str] | None = None
    on_behalf_of: str = ""
    reauthenticated_at: datetime | None = None
    shown_by: str = ""
    second_factor_at: datetime | None = None
    attested: bool | None = None
    is_system: bool = False


SYSTEM = Actor(person_id=None, username="snakeweb", is_system=True)
ANONYMOUS = Actor(person_id=None, username="anonymous")
NOBODYS_NAMES = (SYSTEM.username, ANONYMOUS.username)  # in small letters; the trail knows people by their names alone
