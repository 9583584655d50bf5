"""The control channel: what docs/worker-pool-protocol.md says, over the supervisor. And the door for requests."""

import hmac
from collections import Counter
from typing import Any

from examples.deployment.pool.lines import Answer, refusal
from examples.deployment.pool.place import Place, Release
from examples.deployment.pool.supervisor import Supervisor

PROTOCOL = 1
MOST_HOLD_SECONDS = 3600
MOST_NAME = 64
CAPABILITIES = ["drain", "surge", "versions", "force"]


class Control:
    """`token` '' : whoever can connect may do everything, as on a Unix socket of the owner."""

    def __init__(self, supervisor: Supervisor, token: str = "") -> None:
        self._pool = supervisor
        self._token = token

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> Answer:
        if self._token and not hmac.compare_digest(self._token.encode(), token.encode()):
            return refusal(401, "unauthorized", "The bearer token is missing or another one.")
        match (method, path.strip("/").split("/")):
            case ("GET", ["pool"]):
                return self._locked(self._whole)
            case ("GET", ["capacity"]):
                return self._locked(self._capacity)
            case ("PUT", ["release"]):
                return self._with_release(body, self._pool.adopt)
            case ("GET" | "PUT" | "DELETE", ["workers", name]):
                return self._worker(method, name, body)
            case ("GET", ["workers", name, "health"]):
                return self._health(name)
            case ("PUT" | "DELETE", ["workers", name, "drain"]):
                return self._drain(method, name, body)
        return refusal(404, "no_such_path", f"There is nothing at {method} {path}.")

    def _locked(self, look: Any) -> Answer:
        with self._pool.lock:
            return 200, look()

    def _whole(self) -> dict[str, Any]:
        pool = self._pool
        places = pool.places.values()
        return {
            "protocol": PROTOCOL,
            "pool": pool.name,
            "identity": pool.identity,
            "capabilities": CAPABILITIES,
            "release": pool.release.as_dict(),
            "capacity": self._capacity(),
            "statistics": {
                "workers": len(places),
                "available": sum(one.serves and not one.requests for one in places),
                "busy": sum(bool(one.requests) for one in places),
                "queued": pool.queued,
                **pool.counters,
            },
            "workers": [one.as_dict() for one in places],
        }

    def _capacity(self) -> dict[str, Any]:
        return {"desired": self._pool.desired, "serving": self._pool.serving(), "most": self._pool.most}

    def _worker(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        pool = self._pool
        if method == "PUT":
            if not name.isascii() or not name.replace("-", "").isalnum() or len(name) > MOST_NAME:
                return refusal(400, "malformed", "A worker's name has letters, digits and hyphens, 64 at the most.")
            surge, force = body.get("surge") is True, body.get("force") is True
            return self._with_release(body, lambda release: pool.run(name, release, surge=surge, force=force))
        with pool.lock:
            place = pool.places.get(name)
            if place is None:
                return _unknown(name)
            return pool.retire(place) if method == "DELETE" else (200, place.as_dict())

    def _drain(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        seconds = body.get("seconds") if method == "PUT" else 0
        if not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_HOLD_SECONDS:
            return refusal(400, "malformed", f"`seconds` is a number from 0 to {MOST_HOLD_SECONDS}.")
        with self._pool.lock:
            place = self._pool.places.get(name)
            return self._pool.hold(place, seconds) if place else _unknown(name)

    def _health(self, name: str) -> Answer:
        """The worker itself is asked, outside of the lock."""
        with self._pool.lock:
            place = self._pool.places.get(name)
        if place is None:
            return _unknown(name)
        status = place.ask()
        with self._pool.lock:
            return 200, {**place.as_dict(), "status": _of(place, status)}

    def _with_release(self, body: dict[str, Any], do: Any) -> Answer:
        texts = [body.get("version"), body.get("generation")]
        if not all(isinstance(text, str) and 0 < len(text) <= MOST_NAME for text in texts):
            message = f"`version` and `generation` are text, {MOST_NAME} characters at the most."
            return refusal(400, "malformed", message)
        with self._pool.lock:
            return do(Release(*map(str, texts)))  # type: ignore[no-any-return]


class Front:
    """`POST /work` for users, `GET /healthz` for load balancers."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._pool = supervisor

    def answer(self, method: str, path: str, body: dict[str, Any], _token: str) -> Answer:
        if (method, path) == ("POST", "/work"):
            return self._pool.serve(body)
        if (method, path) == ("GET", "/healthz"):
            with self._pool.lock:
                return self._health()
        return refusal(404, "no_such_path", "There are POST /work and GET /healthz.")

    def _health(self) -> Answer:
        pool = self._pool
        places = pool.places.values()
        serving = pool.serving()
        document = {
            "status": "ok" if serving >= pool.desired else "degraded" if serving else "down",
            "desired": pool.desired,
            "serving": serving,
            "states": dict(Counter(one.state for one in places)),
            "releases": dict(Counter(f"{one.release.version} ({one.release.generation})" for one in places)),
        }
        return (200 if serving else 503), document


def _of(place: Place, said: str) -> str:
    """While the old process ends, nothing of the release that the place is to run is healthy yet."""
    return "starting" if place.stopping else said


def _unknown(name: str) -> Answer:
    return refusal(404, "no_such_worker", f"There is no worker {name}.")
