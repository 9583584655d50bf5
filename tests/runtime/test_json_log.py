import json
import logging
import sys

import pytest

from migrations_app.engine.hiding import HIDDEN, remember
from migrations_app.runtime.json_log import JsonFormatter
from migrations_app.runtime.log_context import bound


def line(message: str, *arguments: object, exc_info=None) -> str:
    record = logging.LogRecord("migrations_app.x", logging.WARNING, "p", 1, message, arguments, exc_info)
    return JsonFormatter().format(record)


def test_a_line_is_an_object_that_says_what_it_is_about() -> None:
    with bound(run=7, step="copy", trace="ab" * 16):
        said = json.loads(line('two\nlines with “quotes” and "more" of %s', "them"))
    assert said.pop("at").endswith("+00:00")
    assert said == {
        "level": "WARNING",
        "logger": "migrations_app.x",
        "run": 7,
        "step": "copy",
        "trace": "ab" * 16,
        "message": 'two\nlines with “quotes” and "more" of them',
    }


@pytest.mark.parametrize(
    "secret",
    [
        "password='pl4nted word'",
        'password="pl4nted\\"word"',
        "password=pl4nted",
        "redis://:pl4nted@host:1/0",
        '{"token": "pl4nted"}',
        "Authorization: Bearer pl4nted0000000000000",
        "-----BEGIN PRIVATE KEY-----\npl4nted\n-----END PRIVATE KEY-----",
    ],
)
def test_nothing_secret_is_in_it_and_it_stays_json(secret: str) -> None:
    try:
        raise ConnectionError(secret)
    except ConnectionError:
        text = line("calling %s", secret, exc_info=sys.exc_info())
    assert "pl4nted" not in text
    said = json.loads(text)
    assert said["message"].startswith("calling ") or said["message"] == HIDDEN
    assert "ConnectionError" in said["exception"] or said["exception"] == HIDDEN


def test_a_known_value_is_hidden_in_what_the_line_is_about_too() -> None:
    remember('pl4nted"value-1')
    with bound(request='pl4nted"value-1'):
        text = line("it is %s", 'pl4nted"value-1')
    assert "pl4nted" not in text
    assert json.loads(text)["request"] == HIDDEN


def test_where_hiding_would_leave_no_json_the_message_goes() -> None:
    remember("before-the-end", '"message": "calling')
    text = line("calling")
    assert json.loads(text)["message"] == HIDDEN
