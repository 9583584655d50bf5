"""Control flow that passes through an action: why the driver must stop here without an error.

They derive from BaseException so that an action's `except Exception` lets them pass. `alive` callbacks of the
runtime may raise `SliceOver` too, for example when the worker process was told to stop.
"""

from datetime import datetime

from migrations_app.engine.run_view import ParkedFor


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


class Waits(Interruption):
    """The step goes on later, from its checkpoint: at `wake_at`, or (None) when a person has acted.

    The run holds no worker meanwhile, and the time does not count against its limit.
    """

    def __init__(self, reason: ParkedFor, wake_at: datetime | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.wake_at = wake_at
