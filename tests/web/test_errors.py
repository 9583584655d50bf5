"""The answers when there is no view, or none could answer."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from migrations_app.models import Environment, Migration
from migrations_app.selectors.refusals import Refused
from migrations_app.web.errors import server_error
from tests.cast import Cast
from tests.web.door import signed_in


def test_a_form_that_is_too_large_says_so_and_what_to_shorten(cast: Cast) -> None:
    client = signed_in("operator")
    client.handler.enforce_csrf_checks = True  # the check reads the form first, as in production

    answer = client.post("/migrations/new/", {"title": "x" * 10_000_000})

    assert answer.status_code == 413
    text = answer.content.decode()
    assert "a title has at most 200 characters" in text
    assert "nothing was saved" in text
    assert not Migration.objects.exists()


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "409", "413", "500", "503"])
def test_every_page_says_what_happened_and_what_to_do_next(code: str) -> None:
    refused = Refused("Run 7 cannot be paused.", "Watch the run's page.")

    page = render_to_string(f"{code}.html", {"refusal": refused, "request_id": "request-1"})

    assert page.count("<h1>") == 1
    assert page.count("<li>") >= 2
    assert "request-1" in page
    assert page.count('class="button primary"') == 1
    if code in ("403", "404", "409"):
        assert "Run 7 cannot be paused." in page
        assert "Watch the run&#x27;s page." in page


def answered(request: HttpRequest, error: Exception) -> Any:
    try:
        raise error
    except type(error):
        return server_error(request)


def test_a_database_that_does_not_answer_is_named_and_tried_again() -> None:
    request = RequestFactory().get("/")

    away = answered(request, OperationalError("connection refused"))
    assert (away.status_code, away["Retry-After"]) == (503, "10")
    assert b"cannot reach its database" in away.content
    assert answered(request, KeyError("x")).status_code == 500


def test_in_maintenance_a_form_is_answered_so_that_nothing_written_is_lost(cast: Cast, settings: LazySettings) -> None:
    client = signed_in("admin")
    settings.SNAKEWEB_MIGRATION = {"enabled": False}

    answer = client.post("/environments/new/", {"name": "qa", "required_approvals": "1"})

    assert answer.status_code == 503
    assert "your browser still has what you wrote" in answer.content.decode()
    assert not Environment.objects.filter(name="qa").exists()
    assert "Read-only maintenance." in client.get("/").content.decode()


def test_a_page_that_is_not_there_says_so_to_strangers_too() -> None:
    answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert "Search for its title" in answer.content.decode()
