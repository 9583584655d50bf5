"""The API by its own description: schemathesis makes up requests, and what comes back has to be as described.

In this process, through WSGI, against the scene of the doors; what a request did is taken back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import status_code_conformance

from tests.doors.scene import Scene, rolled_back

CHECKS = [not_a_server_error, status_code_conformance]
DOCUMENT = "/api/v1/openapi.json"
SERVED = {"Host": "testserver"}
#: What every operation may be sent beside its parameters. Line breaks and other alphabets no server lets through.
HEADERS = st.dictionaries(
    st.sampled_from(["Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID", "Accept", "Accept-Language"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300).map(str.strip)
    | st.sampled_from(["*", '"1"', 'W/"1"', "1", "", "9" * 300, "application/xml", "\xe9\xff"]),
    min_size=1,
    max_size=3,
)


@contextmanager
def connection_kept() -> Iterator[None]:
    """Django closes connections after each request, and the transaction with it; so its test client does."""
    watched = (signals.request_started, signals.request_finished)
    for signal in watched:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in watched:
            signal.connect(close_old_connections)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, WSGIHandler(), headers=SERVED)
    return [found.ok() for found in schema.get_all_operations()]


def found_in(operation: Any, there: Scene, headers: dict[str, str], examples: int) -> list[str]:
    """What was not as described, of so many requests, some as the document has them and some as it forbids them; half
    of those name things that are there."""
    wrong: list[str] = []
    asked = 0

    def one(case: Any, more: dict[str, str]) -> None:
        nonlocal asked
        asked += 1
        if asked % 2:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = there.numbers.get(name, case.path_parameters[name])
        try:
            with rolled_back():
                answer = case.call(headers={**(case.headers or {}), **more, **SERVED, **headers})
                case.validate_response(answer, checks=CHECKS)
        except (Exception, FailureGroup) as error:  # noqa: BLE001  all of them are wanted, not the first
            wrong.append(f"{operation.label}: {type(error).__name__} {str(error)[:900]}")

    _drawn(operation, examples)(one)()
    assert asked, f"{operation.label} was never asked"
    return wrong


def _drawn(operation: Any, examples: int) -> Callable[[Callable[[Any, dict[str, str]], None]], Callable[[], None]]:
    once = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    return lambda one: once(given(good | bad, st.just({}) | HEADERS)(one))
