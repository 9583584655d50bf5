"""The caller's address behind proxies: taken from a header only where the connection comes from a proxy of ours.

It is set once, at the ASGI edge, so that pages, the API, sockets, the audit trail and the lock-out see the same.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[Any]]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED_FOR = b"x-forwarded-for"


class TrustedProxies:
    """Wraps the application; `networks` are CIDR texts of the proxies. Raises ValueError for what is no network."""

    def __init__(self, application: Application, networks: Sequence[str]) -> None:
        self._application = application
        self._networks: tuple[Network, ...] = tuple(ip_network(text) for text in networks)

    async def __call__(
        self, scope: Scope, receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[Any]]
    ) -> Any:
        peer = scope.get("client")
        if self._networks and peer and self._is_proxy(_parsed(peer[0])):
            caller = self._caller(scope.get("headers", ()))
            if caller is not None:
                scope = {**scope, "client": (str(caller), 0)}
        return await self._application(scope, receive, send)

    def _caller(self, headers: Iterable[tuple[bytes, bytes]]) -> Address | None:
        """From the right, the first that is no proxy of ours: what stands left of it anybody may have written."""
        said = b",".join(value for name, value in headers if name.lower() == FORWARDED_FOR).decode("latin-1")
        for text in reversed(said.split(",")):
            address = _parsed(text.strip())
            if address is None:
                return None
            if not self._is_proxy(address):
                return address
        return None

    def _is_proxy(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
