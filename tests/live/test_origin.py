"""Only pages of the same scheme, host and port may open a socket."""

from typing import Any

import pytest
from pytest_django import Settings

from migrations_app.live.origin import is_same_origin


def scope(origin: str, host: str = "127.0.0.1:8000", scheme: str = "ws", **headers: str) -> dict[str, Any]:
    named = {"origin": origin, "host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {"scheme": scheme, "headers": [(n.encode(), v.encode()) for n, v in named.items() if v]}


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "snakeweb.example"]


def test_the_page_s_own_origin_may() -> None:
    assert is_same_origin(scope("http://127.0.0.1:8000"))
    assert is_same_origin(scope("https://snakeweb.example", "snakeweb.example", "wss"))


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://127.0.0.1:9999",
        "http://127.0.0.1",
        "https://127.0.0.1:8000",
        "http://localhost:8000",
        "http://evil.example",
        "http://127.0.0.1:8000.evil.example",
    ],
)
def test_no_other_origin_may(origin: str) -> None:
    assert not is_same_origin(scope(origin))


def test_a_host_that_is_not_served_may_not() -> None:
    assert not is_same_origin(scope("http://evil.example", "evil.example"))
    assert not is_same_origin(scope("http://evil.example", ""))


def test_behind_a_proxy_the_scheme_is_the_forwarded_one(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = scope("https://snakeweb.example", "snakeweb.example", x_forwarded_proto="https")
    plain = scope("https://snakeweb.example", "snakeweb.example", x_forwarded_proto="http")

    assert is_same_origin(proxied)
    assert not is_same_origin(plain)


def test_a_trusted_origin_may(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://console.example"]

    assert is_same_origin(scope("https://console.example"))
