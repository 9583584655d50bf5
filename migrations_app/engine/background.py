"""Work that goes on beside the steps of a run, under leases of its own: a relay, a verifier.

It survives the steps that asked for it, pauses, waits and rollbacks of its run, and ends when it says so. It writes no
outcome: what it does must be safe to do twice, by two drivers at once, and to stop at any line.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from migrations_app.engine.plan import Target
from migrations_app.engine.ports import Clock, Live, Routes, RunLog, WorkerToken


@dataclass(frozen=True, slots=True)
class BackgroundContext:
    """What a background driver may touch. `alive` is called at each batch; it raises SliceOver and LeaseLost.

    `secrets` as in an `ActionContext`.
    """

    run_id: int
    options: Mapping[str, Any]
    parameters: Mapping[str, Any]
    targets: Mapping[str, Target]
    worker: WorkerToken
    clock: Clock
    routes: Routes
    live: Live
    log: RunLog
    alive: Callable[[], None]
    extra: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class Background(ABC):
    @abstractmethod
    def drive(self, ctx: BackgroundContext) -> datetime | None:
        """Work until there is nothing to do for now; returns when to go on, None when it has ended for good.

        SliceOver passes through it: then it goes on at once. DependencyUnavailable makes it try again soon.
        """
