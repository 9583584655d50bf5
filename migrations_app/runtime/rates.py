"""How often something happens, counted together by every process of an installation.

The one table of limits is `DEFAULTS`; the setting `SNAKEWEB_RATE_LIMITS` replaces single entries.

Counting and deciding is one script on the Redis server (a sliding window of two counters, by the server's clock), so
processes that ask at once never get more than the limit. While Redis does not answer each process counts by itself,
under the same limits: n processes let through n times as much at most, and nobody is shut out.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

logger = logging.getLogger(__name__)

PREFIX = "snakeweb:rates"
SOCKET_SECONDS = 0.5  # a request waits no longer for a Redis that hangs
MENDED_AFTER = 5.0  # seconds until a Redis that failed is asked again

OFF = "off"
Ask = Callable[..., int]  # (limit, *who): seconds to wait


class Rate(StrEnum):
    SIGN_IN_ADDRESS = "sign_in_address"
    SIGN_IN_NAME = "sign_in_name"
    SINGLE_SIGN_ON_ADDRESS = "single_sign_on_address"
    SAML_ANSWERS_ADDRESS = "saml_answers_address"
    TOKEN_FAILURES = "token_failures"  # noqa: S105 - a name
    API_ADDRESS = "api_address"
    API_ACCOUNT = "api_account"
    ROUTES_ACCOUNT = "routes_account"
    EXPORTS_ACCOUNT = "exports_account"
    SOCKETS_ADDRESS = "sockets_address"
    SOCKETS_ACCOUNT = "sockets_account"
    ORDERS_ACCOUNT = "orders_account"


DEFAULTS: Mapping[Rate, str] = {
    Rate.SIGN_IN_ADDRESS: "30/minute",
    Rate.SIGN_IN_NAME: "10/minute",
    # Any page can make a browser ask for these, so they keep nobody from signing in with a password.
    Rate.SINGLE_SIGN_ON_ADDRESS: "120/minute",
    Rate.SAML_ANSWERS_ADDRESS: "120/minute",
    Rate.TOKEN_FAILURES: "30/minute",
    Rate.API_ADDRESS: "3000/minute",
    Rate.API_ACCOUNT: "1200/minute",
    # Services under a route ask often, and more than ever while buckets are handed over.
    Rate.ROUTES_ACCOUNT: "30000/minute",
    Rate.EXPORTS_ACCOUNT: "30/minute",
    Rate.SOCKETS_ADDRESS: "300/minute",
    Rate.SOCKETS_ACCOUNT: "120/minute",
    Rate.ORDERS_ACCOUNT: "600/minute",
}


def limit_of(rate: Rate) -> str:
    """As `600/minute`, or `off`. An entry that cannot be read is passed over; `manage.py check` names it."""
    given = str(settings.SNAKEWEB_RATE_LIMITS.get(rate.value, DEFAULTS[rate]))
    return given if is_limit(given) else DEFAULTS[rate]


def is_limit(text: str) -> bool:
    if text == OFF:
        return True
    try:
        parse(text)
    except ValueError:
        return False
    return True


class Rates:
    """`take` counts and decides; `left_over` only looks."""

    def __init__(self, url: str) -> None:
        storage = RedisStorage(
            url,
            key_prefix=PREFIX,
            wrap_exceptions=True,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=SOCKET_SECONDS,
        )
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared_again_at = 0.0

    def take(self, limit: str, *who: str) -> int:
        """0 when it may happen now, and it is counted; otherwise the seconds until it may. `limit` is `600/minute`."""
        return self._ask(limit, who, counted=True)

    def left_over(self, limit: str, *who: str) -> int:
        """The same answer, with nothing counted."""
        return self._ask(limit, who, counted=False)

    def _ask(self, limit: str, who: tuple[str, ...], *, counted: bool) -> int:
        if time.monotonic() >= self._shared_again_at:
            try:
                return _asked(self._shared, limit, who, counted=counted)
            except StorageError:
                self._shared_again_at = time.monotonic() + MENDED_AFTER
                logger.warning("Redis does not answer; this process counts requests by itself meanwhile")
        return _asked(self._own, limit, who, counted=counted)


def _asked(limiter: SlidingWindowCounterRateLimiter, limit: str, who: tuple[str, ...], *, counted: bool) -> int:
    item = parse(limit)
    if limiter.hit(item, *who) if counted else limiter.test(item, *who):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(item, *who).reset_time - time.time()))


@lru_cache(maxsize=4)
def _of(url: str) -> Rates:
    return Rates(url)


def shared() -> Rates:
    """This process's, in the Redis that is the broker too. Connects when it is first asked something."""
    return _of(settings.CELERY_BROKER_URL)
