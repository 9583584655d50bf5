import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from migrations_app.management.commands import dispatcher as module
from migrations_app.models import RouteLease
from tests.cast import Cast
from tests.hand_overs import lease, route


@pytest.fixture
def chores(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[datetime], object]]:
    """What the command gives its dispatcher to do; nothing is dispatched, and pytest keeps its own signals."""
    given: list[Callable[[datetime], object]] = []

    class Dispatcher:
        def __init__(self, clock: Any, settings: Any, broker: Any, chores: Any) -> None:
            given.extend(chores)

        def run(self, stop: Any) -> None:
            return None

    monkeypatch.setattr(module, "Dispatcher", Dispatcher)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    call_command("dispatcher", stdout=StringIO())
    return given


def test_client_leases_and_sessions_do_not_pile_up(
    chores: list[Callable[[datetime], object]], cast: Cast, now: datetime, settings: LazySettings, tmp_path: Path
) -> None:
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"
    row = route()
    for name, ended in (("gone", now - timedelta(days=2)), ("silent", now - timedelta(hours=1))):
        lease(row, name, renewed_at=ended, expires_at=ended)

    for name, left in (("over", -1), ("good", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=timezone.now() + timedelta(hours=left))

    for chore in chores:
        chore(now)

    assert [left.client_id for left in RouteLease.objects.all()] == ["silent"]
    assert [left.session_key for left in Session.objects.all()] == ["good"]
