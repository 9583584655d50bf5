"""Control flow that passes through an action: why the driver must stop here without an error.

They derive from BaseException so that an action's `except Exception` lets them pass. `alive` callbacks of the
runtime may raise `SliceOver` too, for example when the worker process was told to stop.
"""


class Interruption(BaseException):
    """The driver stops at this batch; nothing is wrong."""


class SliceOver(Interruption):
    """The slice of time is used up; another task goes on from the checkpoint."""


class Paused(Interruption):
    """A person asked for a pause."""


class Cancelled(Interruption):
    """A person cancelled the run."""


class RollbackAsked(Interruption):
    """A person asked to roll back the running run."""


class Superseded(Interruption):
    """Somebody else drives this, or the run no longer wants it; stop without writing anything."""
