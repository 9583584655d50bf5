"""Reading ahead: one thread scans the next pages while the caller works on the current one.

Memory stays bounded: at most `AHEAD` pages wait in the queue, and no page outlives its turn.
"""

import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from dataclasses import dataclass

from migrations_app.stores.sessions.base import WHOLE, Page, Partition, SessionStore
from migrations_app.stores.sessions.records import SessionRecord

AHEAD = 2
GIVE_UP_SECONDS = 0.1
LOOKS = 200


@dataclass(frozen=True, slots=True)
class _Broken:
    error: BaseException


def pages(store: SessionStore, cursor: str, limit: int, partition: Partition = WHOLE) -> Iterator[Page]:
    """Every page after `cursor`, up to and with the one that is marked last; an empty page is not the end."""
    last = False
    while not last:
        page = store.scan(cursor, limit, partition)
        yield page
        cursor, last = page.cursor, page.last


def sample(store: SessionStore, size: int) -> Page:
    """About `size` records in one page; a store that shares its place with others may need many looks to find them."""
    records: list[SessionRecord] = []
    unreadable: list[tuple[str, str]] = []
    cursor, last = "", False
    for page in itertools.islice(pages(store, "", size), LOOKS):
        records += page.records
        unreadable += page.unreadable
        cursor, last = page.cursor, page.last
        if len(records) + len(unreadable) >= size:
            break
    return Page(records[:size], cursor, last, unreadable[:size])


def pages_ahead(
    open_store: Callable[[], SessionStore], cursor: str, limit: int, partition: Partition = WHOLE
) -> Generator[Page]:
    """Like `pages`, read by a thread with a store of its own. What fails in the thread is raised here.

    Close the generator (or leave the loop) to stop the thread; it is joined before the generator ends.
    """
    waiting: queue.Queue[Page | _Broken] = queue.Queue(AHEAD)
    enough = threading.Event()

    def put(item: Page | _Broken) -> None:
        while not enough.is_set():
            try:
                waiting.put(item, timeout=GIVE_UP_SECONDS)
            except queue.Full:
                continue
            return

    def read() -> None:
        try:
            with open_store() as store:
                for page in pages(store, cursor, limit, partition):
                    put(page)
                    if enough.is_set():
                        return
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            put(_Broken(error))

    reader = threading.Thread(target=copy_context().run, args=[read], name="session-reader", daemon=True)
    reader.start()
    try:
        last = False
        while not last:
            item = waiting.get()
            if isinstance(item, _Broken):
                raise item.error
            yield item
            last = item.last
    finally:
        enough.set()
        reader.join()
