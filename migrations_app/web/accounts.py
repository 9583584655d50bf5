"""Accounts come by invitation from an admin; nobody signs up by themselves."""

from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from migrations_app.services.sessions import NOBODY_KNOWS_WHERE

WRONG = "The name or the password is not right. Type both again, or have a new password sent to you."


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As at every other door: the peer of the connection, never a header that anybody can set."""
        return request.META.get("REMOTE_ADDR") or NOBODY_KNOWS_WHERE
