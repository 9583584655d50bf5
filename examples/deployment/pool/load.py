"""Users of the pool: they ask without a pause, check each answer, and notice every one that failed."""

import hashlib
import http.client
import json
import random
import threading
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field

ANSWER_SECONDS = 60.0


@dataclass
class Load:
    """`callers` of them, each with one request after the other that takes up to `most_ms` in the worker. `failed` holds
    what each failed request was answered; `served` counts answers by the version of the worker."""

    front: str
    callers: int
    most_ms: int
    done: int = 0
    failed: list[str] = field(default_factory=list)
    served: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._leave = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.callers)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, caller: int) -> None:
        chance = random.Random(caller)  # noqa: S311 - how long a request takes
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.front).netloc, timeout=ANSWER_SECONDS)
        number = 0
        while not self._leave.is_set():
            number += 1
            text, ms = f"{caller}-{number}", chance.randint(1, self.most_ms)
            try:
                connection.request("POST", "/work", json.dumps({"text": text, "ms": ms}))
                response = connection.getresponse()
                self._note(text, response.status, json.loads(response.read()))
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                with self._lock:
                    self.failed.append(f"{type(error).__name__}: {error}")
                self._leave.wait(0.05)
        connection.close()

    def _note(self, text: str, status: int, answer: dict[str, str]) -> None:
        right = status == 200 and answer["digest"] == hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            if right:
                self.done += 1
                self.served[answer["version"]] += 1
            else:
                self.failed.append(f"{status}: {answer.get('message', 'another answer')}")
