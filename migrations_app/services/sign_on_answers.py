"""An assertion between the post that brought it and the page that knows whose browser it is.

The post comes from the provider's site, so the browser sends no session with it. What was found to hold is kept under a
handle that works once, for a minute, and for the browser alone whose session began the request that is answered.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from migrations_app.models import SignOnAnswer
from migrations_app.runtime.identity import Identity
from migrations_app.runtime.saml_answers import Vouched
from migrations_app.services.actor import Actor
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.services.operation import operation

GOOD_FOR = timedelta(minutes=1)
AGAIN = "Sign in again, in the browser in which you begin."
ELSEWHERE = "This sign-in was not begun in this browser, or was finished already."


@dataclass(frozen=True, slots=True)
class Taken:
    """`request` is which of those that the browser began was answered."""

    identity: Identity
    authenticated_at: datetime
    request: str


@operation("sign_on_answer.keep", about="sign_on_answer", in_maintenance=True)
def keep(*, actor: Actor, now: datetime, vouched: Vouched) -> str:
    """The handle. Raises PermissionDenied for an assertion that was here before, whichever process had it."""
    forget_old(now=now)
    handle = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            SignOnAnswer.objects.create(
                handle_hash=_digest(handle),
                assertion=_digest(f"{vouched.identity.issuer}\n{vouched.assertion}"),
                request=vouched.request,
                identity={**asdict(vouched.identity), "groups": sorted(vouched.identity.groups)},
                authenticated_at=vouched.authenticated_at,
                kept_at=now,
                forget_at=vouched.until,
            )
    except IntegrityError:
        raise PermissionDenied("What the provider answered was used already.", AGAIN) from None
    return handle


@operation("sign_on_answer.take", about="sign_on_answer", in_maintenance=True)
def take(*, actor: Actor, now: datetime, handle: str, requests: Collection[str]) -> Taken:
    """Who it is and when they showed it at the provider. Once, and where one of `requests` was answered.

    Raises PermissionDenied for one of another browser, and NotFound for a handle that there is not, or no more. Anybody
    can make those up, so they are no entry of the trail each: the door counts them as it does all strangers' refusals.
    """
    row = SignOnAnswer.objects.filter(handle_hash=_digest(handle), kept_at__gt=now - GOOD_FOR, taken_at=None).first()
    if row is None:
        raise NotFound(ELSEWHERE, AGAIN)
    if row.request not in requests:
        raise PermissionDenied(ELSEWHERE, AGAIN)
    if not SignOnAnswer.objects.filter(pk=row.pk, taken_at=None).update(taken_at=now, identity={}):
        raise PermissionDenied("This sign-in was finished already.", AGAIN)
    identity = Identity(**{**row.identity, "groups": frozenset(row.identity["groups"])})
    return Taken(identity, row.authenticated_at, row.request)


def forget_old(*, now: datetime) -> int:
    """Assertions that hold no more, and who was behind handles that nobody took. A background loop calls this."""
    SignOnAnswer.objects.filter(kept_at__lte=now - GOOD_FOR, taken_at=None).update(identity={}, taken_at=now)
    return SignOnAnswer.objects.filter(forget_at__lte=now).delete()[0]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
