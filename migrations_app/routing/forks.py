"""What a process must not go on with after a fork: connections, locks and threads belong to the parent.

Pre-fork servers load an application, and then fork. Whatever here holds such a thing says how it begins anew; the
child does so before any of its own code runs.
"""

import os
import weakref
from typing import Protocol


class Inherited(Protocol):
    def after_fork(self) -> None:
        """In the child, with no other thread: give up what is the parent's, without closing or unlocking it."""


_INHERITED: "weakref.WeakSet[Inherited]" = weakref.WeakSet()


def renew_after_fork(thing: Inherited) -> None:
    """Call `thing.after_fork()` in every child, for as long as somebody holds the thing."""
    _INHERITED.add(thing)


def _begin_anew() -> None:
    for thing in list(_INHERITED):
        thing.after_fork()


os.register_at_fork(after_in_child=_begin_anew)
