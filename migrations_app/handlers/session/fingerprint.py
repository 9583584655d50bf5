"""Session ids are bearer credentials; outside the stores they appear as a keyed fingerprint (DESIGN section 4)."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

LENGTH = 12


def fingerprint(session_id: str, key: bytes) -> str:
    """The first 12 hex digits of HMAC-SHA256(key, id): the same id has the same name under the same key only."""
    return hmac.new(key, session_id.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def key_of(extra: Mapping[str, Any]) -> bytes:
    """The runtime's key from `ctx.extra["fingerprint_key"]`. Raises KeyError: unkeyed names would leak the ids."""
    key: bytes = extra["fingerprint_key"]
    return key
