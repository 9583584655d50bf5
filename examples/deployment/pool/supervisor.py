"""The supervisor of a pool: it keeps a process at every place, and hands each request to a worker that is free.

What runs where is kept in `state.json`, so that a supervisor that is started again brings up what ran before.
`events.jsonl` gets a line whenever another number of workers serve.
"""

import json
import os
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from examples.deployment.pool.lines import Answer, refusal
from examples.deployment.pool.place import Place, Release

QUEUE_SECONDS = 10.0
COUNTERS = ("requests", "errors", "queue_timeouts", "pool_saturated")


class Supervisor:
    """`settings`: the contents of pool.json, which is read again for each worker that is started."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.identity = uuid.uuid4().hex
        self.lock = threading.Condition()
        self.counters = dict.fromkeys(COUNTERS, 0)
        self.queued = 0
        self.places: dict[str, Place] = {}
        self._serving = -1
        for leftover in directory.glob("*.*.sock"):
            leftover.unlink()  # of workers that a killed supervisor had
        self._events = (directory / "events.jsonl").open("a", buffering=1)
        settings = self.read_settings()
        self.name: str = settings["pool"]
        self.desired: int = settings["workers"]
        self.most: int = settings["most"]
        before = self._state_of_before()
        self.release = Release(**before.get("release", settings["release"]))
        for number in range(1, self.desired + 1):
            before.setdefault("places", {}).setdefault(f"worker-{number}", self.release.as_dict())
        with self.lock:
            for name, release in before["places"].items():
                self._add(name, Release(**release), surge=name in before.get("surge", ()))
            self._save()

    def read_settings(self) -> dict[str, Any]:
        return dict(json.loads((self.directory / "pool.json").read_text()))

    def versions(self) -> dict[str, dict[str, Any]]:
        return dict(self.read_settings()["versions"])

    def serving(self) -> int:
        return sum(place.serves for place in self.places.values())

    # What operators ask for, each under the lock.

    def run(self, name: str, release: Release, *, surge: bool, force: bool) -> Answer:
        """The worker `name` shall run this release: started, restarted, or left as it is because it does."""
        if refused := self._unknown(release):
            return refused
        place = self.places.get(name)
        if place is None:
            return self._start(name, release, surge=surge)
        if place.retired:
            return refusal(409, "retiring", f"{name} is being retired.")
        if place.release == release:
            return 200, place.as_dict()
        if place.requests and not force:
            return refusal(409, "busy", f"{name} has {place.requests} request in its hands.")
        place.release = release
        self._save()
        place.stop()
        return 202, place.as_dict()

    def _start(self, name: str, release: Release, *, surge: bool) -> Answer:
        if not surge:
            return refusal(404, "no_such_worker", f"There is no worker {name}.")
        if len(self.places) >= self.most:
            return refusal(409, "full", f"The pool has room for {self.most} workers, and has as many.")
        place = self._add(name, release, surge=True)
        self._save()
        return 201, place.as_dict()

    def retire(self, place: Place) -> Answer:
        if not place.surge:
            return refusal(409, "not_surge", f"{place.id} is one of the {self.desired} that the pool should have.")
        if place.requests and not place.retired:
            return refusal(409, "busy", f"{place.id} has {place.requests} request in its hands.")
        if not place.retired:
            place.retired = True
            self._save()
            place.stop()
        return 202, place.as_dict()

    def hold(self, place: Place, seconds: float) -> Answer:
        place.held_until = time.monotonic() + seconds
        self.changed()
        return 200, place.as_dict()

    def adopt(self, release: Release) -> Answer:
        if refused := self._unknown(release):
            return refused
        self.release = release
        self._save()
        return 200, release.as_dict()

    def _unknown(self, release: Release) -> Answer | None:
        if release.version in (versions := self.versions()):
            return None
        known = ", ".join(sorted(versions))
        return refusal(422, "unknown_version", f"Version {release.version} is not installed; there are {known}.")

    # Requests.

    def serve(self, body: dict[str, Any]) -> Answer:
        """Waits for a free worker. A request whose worker dies with it fails: nobody knows what was done."""
        place = self._taken()
        if place is None:
            return refusal(503, "queue_timeout", f"No worker was free for {QUEUE_SECONDS:g} s.")
        try:
            return place.work(body)
        except (OSError, ValueError) as error:
            with self.lock:
                self.counters["errors"] += 1
            return refusal(502, "worker_lost", f"{place.id} ended with the request in its hands: {error}.")
        finally:
            with self.lock:
                place.requests -= 1
                self.lock.notify_all()

    def _taken(self) -> Place | None:
        deadline = time.monotonic() + QUEUE_SECONDS
        with self.lock:
            self.counters["requests"] += 1
            self.queued += 1
            while not (free := [one for one in self.places.values() if one.serves and not one.requests]):
                self.lock.wait(0.1)
                if time.monotonic() > deadline:
                    break
            self.queued -= 1
            if not free:
                self.counters["queue_timeouts"] += 1
                return None
            place = min(free, key=lambda one: one.served_at)
            place.requests, place.served_at = 1, time.monotonic()
            return place

    # What keeps it going.

    def _add(self, name: str, release: Release, *, surge: bool) -> Place:
        def settings(of: Release) -> dict[str, Any]:
            return self.versions().get(of.version, {})

        place = Place(name, release, surge, self.directory, settings, self.lock, self.changed)
        self.places[name] = place
        place.thread.start()
        return place

    def changed(self) -> None:
        """Under the lock, behind every change of a place."""
        for place in [one for one in self.places.values() if one.retired and one.process is None]:
            del self.places[place.id]
        if (serving := self.serving()) != self._serving:
            self._serving = serving
            states = {name: place.state for name, place in self.places.items() if place.state != "serving"}
            self._events.write(json.dumps({"at": time.time(), "serving": serving, "others": states}) + "\n")
        self.lock.notify_all()

    def _save(self) -> None:
        stays = {name: place for name, place in self.places.items() if not place.retired}
        document = {
            "release": self.release.as_dict(),
            "places": {name: place.release.as_dict() for name, place in stays.items()},
            "surge": [name for name, place in stays.items() if place.surge],
        }
        fresh = self.directory / "state.json.new"
        with fresh.open("w") as file:
            file.write(json.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.directory / "state.json")

    def _state_of_before(self) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            return dict(json.loads((self.directory / "state.json").read_text()))
        return {}

    def close(self) -> None:
        with self.lock:
            kept = list(self.places.values())
            for place in kept:
                place.retired = True
                place.stop()
        for place in kept:
            place.thread.join()
