"""How many sockets this process serves now: the one figure of monitoring that no database holds."""

import threading


class Connections:
    """Counts up and down from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0

    def opened(self) -> None:
        with self._lock:
            self._open += 1

    def closed(self) -> None:
        with self._lock:
            self._open -= 1

    @property
    def open(self) -> int:
        return self._open


sockets = Connections()
