"""Nobody learns of a thing that they may not see that it is there: not from the status, and not from the words.

Each row is asked twice by somebody whose role is elsewhere: for the thing of production, and for one that there is
not. What comes back differs in nothing but the number that was asked for. So are rows of what is somebody else's own.
"""

import json
import re
from typing import Any

import pytest
from django.test import Client

from migrations_app.engine.vocabulary import Role
from tests.api.test_role_matrix import ASKS
from tests.doors.api_rows import API_ROWS, DOCUMENT, page_of
from tests.doors.furnishing import numbers_for
from tests.doors.rows import ENTRY, FEED, OWN, ROWS, THING
from tests.doors.scene import ELSEWHERE, HERE, Scene, rolled_back
from tests.doors.walking import addresses, client_of, path_of

pytestmark = pytest.mark.django_db
NOTHING = 4_000_000_017
KEPT = ("form", "page", "client_id", "number", "before", "after", "uidb36", "pk", "provider", "key", "clear")
#: What differs from one answer to the next, whoever asks for what.
PASSING = re.compile(r'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"|nonce="[^"]*"|[0-9]+|absent|sessions')
OF_EACH_ANSWER = ("Content-Length", "Content-Security-Policy")
HIDDEN_OF = (THING, FEED, ENTRY, OWN)
PAGES = {address.name: address for address in addresses() if ":" not in address.name}


def absent(numbers: dict[str, Any]) -> dict[str, Any]:
    return {key: value if key in KEPT else "absent" if key == "name" else NOTHING for key, value in numbers.items()}


def filled(value: Any, numbers: dict[str, Any]) -> Any:
    """A body, with what stands in braces put in."""
    if isinstance(value, dict):
        return {key: filled(each, numbers) for key, each in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return numbers[value[1:-1]]
    return value


def said(client: Client, method: str, path: str, **sent: Any) -> tuple[Any, ...]:
    """Everything that a caller gets to know."""
    client.cookies.pop("messages", None)
    with rolled_back():
        answer = getattr(client, method.lower())(path, headers={"X-Request-ID": "same"}, **sent)
        told = [str(message) for message in getattr(answer.wsgi_request, "_messages", ())]
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = PASSING.sub("#", body.decode().replace(path, "#"))
        headers = {key: value for key, value in answer.items() if key not in OF_EACH_ANSWER}
        return answer.status_code, text, [PASSING.sub("#", each) for each in told], PASSING.sub("#", str(headers))


def pages(there: Scene, numbers: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    standing = Scene(there.production, numbers, there.people, there.token, there.run)
    return {
        row: (row.split()[0], path_of(PAGES[row.split()[1]], standing), {"data": filled(dict(asks.sent), numbers)})
        for row, asks in ROWS.items()
        if asks.of in HIDDEN_OF
    }


def operations(numbers: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    bodies = {row: dict(asks.sent) for row, asks in API_ROWS.items() if asks.of in HIDDEN_OF and asks.of != DOCUMENT}
    bodies |= {row: dict(asks.body or {}) for row, asks in ASKS.items() if asks.of == "thing"}
    return {
        row: (
            row.split()[0],
            written(row.split()[1], numbers),
            {} if row.startswith("GET") else document(body, numbers),
        )
        for row, body in bodies.items()
    }


def written(path: str, numbers: dict[str, Any]) -> str:
    return "/api/v1" + path.format(**numbers_for(page_of(path), numbers))


def document(body: dict[str, Any], numbers: dict[str, Any]) -> dict[str, Any]:
    return {"data": json.dumps(filled(body, numbers)), "content_type": "application/json"}


@pytest.mark.parametrize("role", [*(role.value for role in Role), ""])
def test_what_is_hidden_is_answered_as_what_is_not_there(there: Scene, role: str) -> None:
    client = client_of(there.people[role, ELSEWHERE if role else HERE])
    numbers = {**there.numbers, "other_id": there.numbers["predecessor_id"]}
    nowhere = absent(numbers)
    asked = [(pages(there, numbers), pages(there, nowhere)), (operations(numbers), operations(nowhere))]
    told = []
    for there_is, there_is_not in asked:
        assert len(there_is) > 50
        for row, (method, path, sent) in there_is.items():
            _, path_to_nothing, nothing = there_is_not[row]
            hidden, none = said(client, method, path, **sent), said(client, method, path_to_nothing, **nothing)
            told += [] if hidden == none else [f"{row}: {difference(hidden, none)}"]
    assert not told, "\n".join(told)


def difference(one: tuple[Any, ...], other: tuple[Any, ...]) -> str:
    return "; ".join(f"{str(a)[:400]} != {str(b)[:400]}" for a, b in zip(one, other, strict=True) if a != b)
