"""Channels to a real mail server and a real HTTP receiver, and rules that use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from migrations_app.models import AlertRule
from migrations_app.services import alert_channels, alerts
from migrations_app.services.actor import Actor
from migrations_app.services.alerts import RuleWish
from migrations_app.testing.memory import ManualClock


@dataclass
class MailSink:
    """`answer` is what it says to each mail; those that it takes are in `got`."""

    got: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return self.answer


class _AnyPort(Controller):
    """Takes the port that the system chose, before it tries it out."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(settings: Any) -> Iterator[MailSink]:
    sink = MailSink()
    controller = _AnyPort(sink, hostname="127.0.0.1", port=0, ready_timeout=30)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    try:
        yield sink
    finally:
        controller.stop()


def mailing(admin: Actor, clock: ManualClock, name: str = "on call", address: str = "ops@example.org") -> int:
    return alert_channels.create(actor=admin, now=clock.now(), name=name, kind="mail", address=address)


def ruled(admin: Actor, clock: ManualClock, cause: str, *channels: int, **wish: Any) -> AlertRule:
    made = alerts.create_rule(
        actor=admin,
        now=clock.now(),
        wish=RuleWish(**{"name": cause, "cause": cause, "channels": channels, **wish}),
    )
    return AlertRule.objects.get(pk=made)


@pytest.fixture
def mails(settings: Any) -> Iterator[MailSink]:
    with mail_server(settings) as sink:
        yield sink
