"""Which epochs the operations under way go by. Entering and leaving take no lock: both are on every request's path.

Each thread notes its operations in a slot of its own. A slot lives as long as its thread, or an operation in it.
"""

import threading
import weakref


class Slot:
    """The epochs of one thread's operations under way (several when they nest). List operations are atomic."""

    __slots__ = ("__weakref__", "epochs")

    def __init__(self) -> None:
        self.epochs: list[int] = []


class InFlight:
    def __init__(self) -> None:
        self._local = threading.local()
        self._slots: list[weakref.ref[Slot]] = []
        self._lock = threading.Lock()

    def slot(self) -> Slot:
        """This thread's."""
        try:
            return self._local.slot  # type: ignore[no-any-return]
        except AttributeError:
            return self._new_slot()

    def oldest(self, newest: int) -> int:
        """The oldest epoch that an operation under way goes by, `newest` when none is older.

        Read `newest` before the call: an operation that began with an older record is then seen here, because it
        notes its epoch first and looks at the record again afterwards.
        """
        with self._lock:
            slots = [slot for ref in self._slots if (slot := ref()) is not None]
        return min([newest, *(epoch for slot in slots for epoch in tuple(slot.epochs))])

    def _new_slot(self) -> Slot:
        slot = self._local.slot = Slot()
        with self._lock:
            self._slots = [ref for ref in self._slots if ref() is not None]
            self._slots.append(weakref.ref(slot))
        return slot
