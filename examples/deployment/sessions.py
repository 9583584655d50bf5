"""What the sessions of the example hold. Ids and values follow from their number, so that anybody can check them."""

import hashlib
import json

QUIET = 20_000  # sessions that live through the migration untouched
BUSY = 4_000  # sessions that the traffic reads and writes
LIFETIME_MS = 6 * 3_600_000


def quiet_id(number: int) -> str:
    return f"quiet:{number:06d}"


def busy_id(number: int) -> str:
    return f"busy:{number:06d}"


def value(session_id: str, revision: int) -> bytes:
    """About 300 bytes of JSON, as a web framework would keep for a signed-in user."""
    stamp = hashlib.sha256(f"{session_id}#{revision}".encode()).hexdigest()
    document = {
        "user": session_id.rpartition(":")[2],
        "revision": revision,
        "csrf": stamp[:32],
        "roles": ["reader", "editor"][: 1 + revision % 2],
        "basket": [stamp[at : at + 8] for at in range(0, 64, 8)],
    }
    return json.dumps(document).encode()


def revision_of(stored: bytes) -> int:
    return int(json.loads(stored)["revision"])
