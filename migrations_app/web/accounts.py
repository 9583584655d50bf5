"""Accounts come by invitation from an admin; nobody signs up by themselves."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse

from migrations_app.services import lockouts, single_sign_on
from migrations_app.services.errors import Refused
from migrations_app.services.sessions import NOBODY_KNOWS_WHERE
from migrations_app.web.lockout import refused, trying

logger = logging.getLogger(__name__)

WRONG = "The name or the password is not right. Type both again, or have a new password sent to you."


class MailUnavailable(Refused):
    """No mail server took a mail that somebody waits for: the same for an address that nobody here has."""

    code = "mail_unavailable"
    recorded = False


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reauthentication_methods(self, user: AbstractBaseUser) -> list[dict[str, str]]:
        """Whoever has neither password nor factor here shows at the provider who they are; else by their mail."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        if name := single_sign_on.name():
            return [{"id": "single_sign_on", "description": f"Show it at {name}", "url": reverse("single_sign_on")}]
        by_mail = reverse("account_reset_password")
        return [{"id": "by_mail", "description": "Have a password sent to you", "url": by_mail}]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """At sign-in, and when somebody shows their password again: a wrong one stays counted."""
        person: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if until := getattr(request, "locked_until", None):
            raise refused(until)
        if person is not None:
            lockouts.give_back(trying(request, credentials))
        return person

    def is_safe_url(self, url: str | None) -> bool:
        """Whether somebody is sent on to it after signing in: an address of ours, from its first slash on."""
        try:
            return bool(url) and str(url).startswith("/") and bool(super().is_safe_url(url))
        except ValueError:  # one that cannot be taken apart
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Raises MailUnavailable."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # those of smtplib are
            logger.warning("no mail server took %s: %s", template_prefix, type(error).__name__)
            raise MailUnavailable(
                "The mail could not be sent: no mail server took it. Nothing was changed.",
                "Try again in a few minutes, or ask an admin of this Snakeweb to look at its mail server.",
            ) from error

    def get_client_ip(self, request: HttpRequest) -> str:
        """As at every other door: the peer of the connection, never a header that anybody can set."""
        return request.META.get("REMOTE_ADDR") or NOBODY_KNOWS_WHERE
