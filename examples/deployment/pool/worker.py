"""One worker process: `python -m examples.deployment.pool.worker SOCKET SETTINGS`; it ends with its supervisor.

It answers one request at a time, and questions about its health beside that. SETTINGS is JSON: `id`, `version`,
`generation`, and how such a version behaves (`starting_ms`, `healthy`, `crashes`).
"""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any

from examples.deployment.pool.lines import Answer, refusal, serve_lines

BEGAN = time.monotonic()


class Worker:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._one_at_a_time = threading.Lock()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if (method, path) == ("GET", "/health"):
            return 200, {"status": self.status(), "pid": os.getpid(), **self.release()}
        if (method, path) == ("POST", "/work"):
            with self._one_at_a_time:
                return 200, self.work(body)
        return refusal(404, "no_such_path", "A worker knows /health and /work.")

    def release(self) -> dict[str, str]:
        return {name: self._settings[name] for name in ("id", "version", "generation")}

    def status(self) -> str:
        if not self._settings.get("healthy", True):
            return "failing"
        started = (time.monotonic() - BEGAN) * 1000 >= self._settings.get("starting_ms", 0)
        return "healthy" if started else "starting"

    def work(self, body: dict[str, Any]) -> dict[str, Any]:
        """Something that takes as long as it is told, and a result that anybody can check."""
        time.sleep(body.get("ms", 5) / 1000)
        text = str(body.get("text", ""))
        return {"digest": hashlib.sha256(text.encode()).hexdigest(), **self.release()}


def main(path: str, settings: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which ends its workers in order
    if settings.get("crashes"):
        sys.exit(f"version {settings['version']} cannot start")
    serve_lines(path, Worker(settings).answer)
    sys.stdin.buffer.read()  # nothing ever comes; it ends when the supervisor is no more


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
