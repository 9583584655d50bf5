"""Where tries are counted: django-axes asks before each password, our forms before each second factor."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from axes.handlers.base import AxesHandler
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from fido2.webauthn import AuthenticationResponse

from migrations_app.models import Person
from migrations_app.services import lockouts, security_keys
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.errors import Conflict
from migrations_app.services.lockouts import Trying


class CountingHandler(AxesHandler):  # type: ignore[misc]
    """Counts a try when it is asked whether it is allowed; axes' own handlers count when it has failed, which lets as
    many at once pass as arrive in the meantime. They also keep what was posted, which this one does not."""

    def is_allowed(self, request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
        request.locked_until = _take(request, trying(request, credentials or {}))  # type: ignore[attr-defined]
        return request.locked_until is None  # type: ignore[attr-defined]

    def user_logged_in(self, sender: object, request: HttpRequest, user: Person, **kwargs: object) -> None:
        if address := request.META.get("REMOTE_ADDR"):
            lockouts.signed_in(lockouts.of_person(user.pk, address=address), now=timezone.now())

    def post_save_access_attempt(self, instance: object, **kwargs: object) -> None:
        """axes announces its rows to whichever handler there is; this one made them itself."""

    def post_delete_access_attempt(self, instance: object, **kwargs: object) -> None:
        """As above."""


def trying(request: HttpRequest, credentials: Mapping[str, Any]) -> Trying:
    """`credentials` are what allauth tries: a user name, a mail address, or both of the same person."""
    login = str(credentials.get("username") or credentials.get("email") or "")
    return lockouts.trying(login=login, address=request.META.get("REMOTE_ADDR") or "")


def refused(until: datetime) -> ValidationError:
    """The same whether or not there is such an account."""
    return ValidationError(
        "Too many wrong tries. Nothing more is looked at from here before "
        f"{until:%H:%M} UTC. An admin can lift this under Settings, People.",
        code="locked_out",
    )


@contextmanager
def counted(person: Person) -> Iterator[None]:
    """Around the judging of a second factor, which raises ValidationError when it is wrong."""
    request = context.request
    who = lockouts.of_person(person.pk, address=request.META.get("REMOTE_ADDR") or "")
    if until := _take(request, who):
        raise refused(until)
    yield
    lockouts.give_back(who)


def _take(request: HttpRequest, who: Trying) -> datetime | None:
    return lockouts.take(who, now=timezone.now(), request_id=getattr(request, "request_id", ""))


class CountedCode:
    """Before allauth's form of an authenticator's code or a recovery code."""

    user: Person

    def clean_code(self) -> Any:
        with counted(self.user):
            return super().clean_code()  # type: ignore[misc]


class CountedKey:
    """Before allauth's form of a security key."""

    user: Person
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        with counted(self.user):
            found = super().clean_credential()  # type: ignore[misc]
            _counts_up(self.user, found.pk, self.cleaned_data["credential"])
            return found


def _counts_up(person: Person, authenticator_id: int, credential: Mapping[str, Any]) -> None:
    """Raises ValidationError for a key that was copied."""
    request = context.request
    actor = replace(
        ANONYMOUS,
        username=person.username,
        address=request.META.get("REMOTE_ADDR") or "",
        request_id=getattr(request, "request_id", ""),
    )
    count = AuthenticationResponse.from_dict(credential).response.authenticator_data.counter
    try:
        security_keys.used(
            actor=actor, now=timezone.now(), account_id=person.pk, authenticator_id=authenticator_id, count=count
        )
    except Conflict as copied:
        raise ValidationError(f"{copied.message} {copied.fix}", code="key_copied") from copied


class CodeForm(CountedCode, AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgainForm(CountedCode, ReauthenticateForm):  # type: ignore[misc]
    pass


class KeyForm(CountedKey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class KeyAgainForm(CountedKey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass
