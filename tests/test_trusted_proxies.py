"""Whose address counts, with proxies in between and with callers who invent some."""

import asyncio
from typing import Any

import pytest

from snakeweb.trusted_proxies import TrustedProxies

PROXIES = ("10.0.0.0/8", "2001:db8::/32")


def seen(peer: str, *forwarded: str, networks: tuple[str, ...] = PROXIES) -> str:
    """The address that the application is told."""
    found: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["client"][0])

    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "client": (peer, 1234), "headers": headers}
    asyncio.run(TrustedProxies(application, networks)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("192.0.2.1", ("203.0.113.9",), "192.0.2.1"),  # no proxy of ours: what it says is worth nothing
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("198.51.100.66, 203.0.113.9",), "203.0.113.9"),  # the left one the caller wrote
        ("10.0.0.1", ("198.51.100.66", "203.0.113.9, 10.0.0.2"), "203.0.113.9"),  # two proxies, two headers
        ("::ffff:10.0.0.1", ("2001:db9::7",), "2001:db9::7"),
        ("10.0.0.1", ("203.0.113.9, nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.3",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
    ],
)
def test_the_caller_is_whom_our_nearest_proxy_saw(peer: str, forwarded: tuple[str, ...], caller: str) -> None:
    assert seen(peer, *forwarded) == caller


def test_without_proxies_no_header_counts() -> None:
    assert seen("10.0.0.1", "203.0.113.9", networks=()) == "10.0.0.1"


def test_a_misspelt_network_ends_the_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        TrustedProxies(lambda *_: None, ("10.0.0.1/8",))  # type: ignore[arg-type, return-value]
