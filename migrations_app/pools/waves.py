"""The waves of a roll: which workers are next, when the pool can spare them, and when others have taken their place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from migrations_app.pools.base import Health, Outcome, PoolView, Release, Worker
from migrations_app.pools.draining import Drain
from migrations_app.pools.gate import Gate
from migrations_app.pools.roll_report import Recycled, Stage
from migrations_app.pools.strategy import AfterDeadline, Strategy
from migrations_app.pools.surplus import Surplus
from migrations_app.pools.watch import Halted, Watch


class WaveFailed(Exception):
    """`turns`: going back mends it. Not when the pool does not answer, for nothing is known of its health then, nor
    when everything runs and only the end is lacking."""

    def __init__(self, what: str, halted: Halted, *, turns: bool = True) -> None:
        super().__init__(f"{what}: {halted}.")
        self.turns = turns and not halted.away


@dataclass
class Waves:
    """`done`: workers that were changed, in order."""

    watch: Watch
    strategy: Strategy
    refill_seconds: float
    done: list[Recycled] = field(default_factory=list)
    release: Release | None = None
    turned: bool = False

    def __post_init__(self) -> None:
        self._surplus = Surplus(self.watch, self.refill_seconds)
        self._gate = self._new_gate()

    def bring(self, release: Release | None, *, turned: bool = False) -> None:
        """Every worker to that release; None: those that wait in the checkpoint are recycled as they are. `turned`:
        it is the way back, on which nobody waits for spare workers, and longer for new ones. Raises WaveFailed."""
        self.release, self.turned, self._gate = release, turned, self._new_gate()
        if turned:
            self.watch.limits = self.watch.limits.of_the_way_back()
        if release is not None and not turned:
            self._stage("What was changed before is not healthy", self._healthy)
        while wave := self._next():
            self._stage(f"{_named(wave)} could not be recycled", partial(self._wave, wave))
        if release is not None:
            self._stage("The pool is not whole", self._whole)
            self._stage("All workers are changed, but the surge did not end", partial(self._end, release), turns=False)
            self.watch.say(Stage.DONE, "")

    def _stage(self, what: str, do: Callable[[], object], *, turns: bool = True) -> None:
        try:
            do()
        except Halted as halted:
            raise WaveFailed(what, halted, turns=turns) from halted

    @property
    def _minimum(self) -> int:
        return self.watch.checkpoint.expected - self.strategy.max_unavailable

    def _new_gate(self) -> Gate:
        strategy, watch = self.strategy, self.watch

        def ask(worker_id: str) -> Health:
            return watch.driver.health(worker_id)

        return Gate(strategy.healthy_answers, strategy.soak_seconds, ask, watch.monotonic)

    def _is_old(self, worker: Worker) -> bool:
        if self.release is None:
            return worker.id in self.watch.checkpoint.waiting
        return worker.release != self.release

    def _next(self) -> tuple[str, ...]:
        """By id; empty when nobody is left. What is left is read from the pool, where it knows releases."""
        if self.release is None:
            return self.watch.checkpoint.waiting[: self.strategy.wave]
        old = [worker for worker in self.watch.look().workers if self._is_old(worker)]
        waiting = tuple(worker.id for worker in old if not worker.extra)
        self.watch.checkpoint = replace(self.watch.checkpoint, waiting=waiting)
        if not waiting:
            return ()
        if dead := [worker.id for worker in old if not worker.ready]:
            return tuple(dead[: self.strategy.wave])
        if self.strategy.surge:
            self._stage("The extra workers did not come up", self._surge)
        serving = {worker.id for worker in self.watch.view.workers if worker.serves}
        extra = sum(worker.serves and worker.extra for worker in self.watch.view.workers)
        # One that somebody else holds is not there for requests: it costs the least, and the others need it back.
        waiting = tuple(sorted(waiting, key=serving.__contains__))
        return waiting[: max(1, self.strategy.max_unavailable + extra)]

    def _surge(self) -> None:
        """As many extra workers as are wished for, those of the release healthy. What is there already counts."""
        release = self.release
        if release is None:
            return

        def missing(view: PoolView) -> str:
            extra = [worker for worker in view.workers if worker.extra]
            if len(extra) < self.strategy.surge:
                name = _free_name(view)
                self.watch.driver.start(name, release)
                return f"the extra worker {name} is starting"
            return self._ungated([worker for worker in extra if not self._is_old(worker)])

        self.watch.until(self.watch.limits.replacement_seconds, Stage.SURGE, "", missing)

    def _wave(self, wave: Sequence[str]) -> None:
        limits, names = self.watch.limits, ", ".join(wave)
        began = self.watch.monotonic()
        self.watch.until(limits.spare_seconds, Stage.SPARE, names, self._spared(wave))
        ends = Drain(self.watch, self._minimum, self.strategy.after_deadline, self._is_old, self._restart).run(wave)
        stopped = self.watch.monotonic()
        self.watch.until(limits.replacement_seconds, Stage.REPLACEMENT, names, self._restored(wave))
        if self.release is None:
            self._surplus.settle(names, stopped)
        point = self.watch.checkpoint
        waiting = tuple(worker for worker in point.waiting if worker not in wave)
        self.watch.checkpoint = replace(point, waiting=waiting, recycled=point.recycled + len(wave))
        seconds = self.watch.monotonic() - began
        self.done += [Recycled(worker, end, guarded, seconds) for worker, (end, guarded) in ends.items()]
        self.watch.say(Stage.DONE, names)

    def _restart(self, worker: str, force: bool) -> Outcome:
        if self.release is None:
            return self.watch.driver.recycle(worker)
        return self.watch.driver.recycle(worker, self.release, force=force)

    def _spared(self, wave: Sequence[str]) -> Callable[[PoolView], str]:
        def missing(view: PoolView) -> str:
            serving = sum(worker.serves for worker in _of(view, wave))
            if not serving:
                return ""
            needed = self._minimum + serving
            if view.serving < needed:
                return f"the pool has {view.serving} of {needed} workers"
            if self.turned:
                return ""
            if view.statistics.queued:
                return f"{view.statistics.queued} requests wait in the pool's queue"
            idle = _idle(view, beside=wave)
            spare = self.watch.limits.spare
            return "" if idle >= spare else f"{idle} workers are free beside it, not {spare}"

        return missing

    def _restored(self, wave: Sequence[str]) -> Callable[[PoolView], str]:
        """The pool without the old workers, and with healthy ones in their places."""

        def missing(view: PoolView) -> str:
            for worker in _of(view, wave):
                if self._is_old(worker):
                    return f"the worker {worker.id} still lives"
            expected = self.watch.checkpoint.expected
            if self.release is None and view.serving < expected:
                return f"the pool has {view.serving} of {expected} workers"
            new = [worker for worker in view.workers if not self._is_old(worker)]
            return self._ungated([worker for worker in new if worker.serves or self.release is not None])

        return missing

    def _healthy(self) -> None:
        """Of a roll that is gone on with: what was changed before is healthy, or nothing more is changed."""
        self.watch.until(self.watch.limits.replacement_seconds, Stage.REPLACEMENT, "", self._restored(()))

    def _ungated(self, workers: Sequence[Worker]) -> str:
        lacks = [lacking for worker in workers if (lacking := self._gate.lacks(worker))]
        return lacks[0] if lacks else ""

    def _whole(self) -> None:
        """The pool's own workers are as many as they should be, all of the release and healthy."""
        expected = self.watch.checkpoint.expected

        def missing(view: PoolView) -> str:
            own = [worker for worker in view.workers if not worker.extra]
            if len(own) != expected:
                return f"the pool has {len(own)} workers and should have {expected}"
            old = next((worker.id for worker in own if self._is_old(worker)), "")
            return f"the worker {old} runs another release" if old else self._ungated(own)

        self.watch.until(self.watch.limits.replacement_seconds, Stage.REPLACEMENT, "", missing)

    def _end(self, release: Release) -> None:
        """The surge is retired, and the pool is told what is its own release from now on."""
        expected = self.watch.checkpoint.expected
        extra = [worker.id for worker in self.watch.view.workers if worker.extra]
        patient = self.strategy.after_deadline is AfterDeadline.WAIT
        after = AfterDeadline.WAIT if patient else AfterDeadline.GIVE_UP
        for worker in extra:
            self._surplus.retire(worker, minimum=expected, after_deadline=after)

        def missing(view: PoolView) -> str:
            self.watch.driver.adopt(release)
            return "" if view.serving == expected else f"the pool has {view.serving} of {expected} workers"

        self.watch.until(self.watch.limits.replacement_seconds, Stage.SURPLUS, "", missing)


def _of(view: PoolView, wave: Sequence[str]) -> list[Worker]:
    return [worker for worker in view.workers if worker.id in wave]


def _idle(view: PoolView, *, beside: Sequence[str]) -> int:
    """Free workers. Where the node does not say it of each, as the pool counts them."""
    others = [one for one in view.workers if one.id not in beside and one.serves]
    if any(one.requests is None for one in others):
        return max(0, len(others) - view.statistics.busy)
    return sum(not one.requests for one in others)


def _free_name(view: PoolView) -> str:
    taken = {worker.id for worker in view.workers}
    return next(name for number in range(1, len(taken) + 2) if (name := f"surge-{number}") not in taken)


def _named(wave: Sequence[str]) -> str:
    return f"The worker {wave[0]}" if len(wave) == 1 else f"The workers {', '.join(wave)}"
