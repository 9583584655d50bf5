"""Adapters that serve several requests at a time (Snakepit 0.6 on)."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .base_adapter import BaseAdapter, ParameterSpec, ToolMetadata, tool

__all__ = ["ParameterSpec", "ThreadSafeAdapter", "ToolMetadata", "thread_safe_method", "tool"]


class ThreadSafeAdapter(BaseAdapter):
    __thread_safe__ = True

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._local = threading.local()

    @contextmanager
    def acquire_lock(self) -> Iterator[None]:
        with self._lock:
            yield

    def get_thread_local(self, key: str, default: Any = None) -> Any:
        return getattr(self._local, key, default)

    def set_thread_local(self, key: str, value: Any) -> None:
        setattr(self._local, key, value)

    def clear_thread_local(self, key: str | None = None) -> None:
        for name in [key] if key is not None else list(vars(self._local)):
            vars(self._local).pop(name, None)

    def track_request(self, _request_id: str, _metadata: Any = None) -> None:
        """Nothing is counted."""

    def get_stats(self) -> dict[str, Any]:
        return {"adapter": type(self).__name__, "thread_safe": True}


def thread_safe_method(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return called
