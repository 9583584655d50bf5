"""One zero-downtime migration from a filled store to an empty one, over a control plane, under clients' traffic."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from migrations_app.engine.events import EventType
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import Decision, RoutePhase, RunState, TargetKind
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.models import Route, RoutePanel, Run, RunEvent, StepRun
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.routes import OrmRoutes
from migrations_app.services import confirmations, controller, cutover, targets
from tests.faults.zero_downtime.client import packed
from tests.faults.zero_downtime.places import HOUR_MS, Contents, Place, Seen, now_ms
from tests.faults.zero_downtime.plane import Plane, now
from tests.faults.zero_downtime.traffic import Traffic

QUICK = {
    "legacy_watch_ms": 500,
    "canary_soak_ms": 200,
    "soak_ms": 600_000,  # bringing back is possible while it lasts
    "settle_ms": 200,
    "pause_target_ms": 4000,  # on two shared cores a relay of 60 ms is luck: the gate G3 is not what is tested
    "hand_over": "released",
}
ALL = 256


def quiet_ids(count: int) -> list[str]:
    """Sessions that nobody uses meanwhile."""
    return [f"quiet:{number:05d}" for number in range(count)]


def busy_ids(count: int) -> list[str]:
    return [f"busy:{number:04d}" for number in range(count)]


def first_value(session: str) -> str:
    return f"first.{session}"


class Journey:
    """`quiet` and `busy` sessions are there before; clients use the busy ones. Leaving it ends clients and stores."""

    def __init__(
        self,
        plane: Plane,
        a: Place,
        b: Place,
        *,
        name: str = "route",
        quiet: int = 1000,
        busy: int = 200,
        batch_size: int = 200,
        workers: int = 2,
        **parameters: Any,
    ) -> None:
        self.plane, self.rig = plane, plane.rig
        self.a, self.b = a, b
        self.name = name
        self.busy = busy_ids(busy)
        self.quiet = quiet_ids(quiet)
        self._parameters = {**QUICK, "route": name, **parameters}
        self._options = {"zero_downtime": True, "batch_size": batch_size, "parallel_workers": workers}
        self.directory: Path = plane.rig.directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.first: Contents = {}
        self.run_id = 0

    def __enter__(self) -> Self:
        ends = now_ms() + 6 * HOUR_MS
        ids = [*self.quiet, *self.busy]
        self.first = {name: Seen(packed(first_value(name)), ends + number) for number, name in enumerate(ids)}
        self.a.fill(self.first)
        for place in (self.a, self.b):
            targets.create(
                actor=self.plane.actor("admin"),
                now=now(),
                environment_id=self.plane.environment.pk,
                name=place.name,
                kind=TargetKind.SESSION_STORE,
                config=place.config(through_proxy=True),
                secrets=place.secrets,
            )
        stores = {"a": self.a.name, "b": self.b.name}
        OrmRoutes(environment_id=self.plane.environment.pk, clock=SystemClock()).publish(
            RouteRecord(self.name, 1, RoutePhase.PLAIN_A, "a", stores), expected_epoch=None
        )
        self.traffic = Traffic(self.rig, self.directory, self.router())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.traffic.end()
        for place in (self.a, self.b):
            place.close()

    def router(self) -> dict[str, Any]:
        """The document that a client's router is made of."""
        return {
            "route": {"name": self.name, "url": self.plane.url, "token": self.plane.token},
            "stores": {"a": self.a.config(), "b": self.b.config()},
            "secrets": {"a": dict(self.a.secrets), "b": dict(self.b.secrets)},
            "retry_budget_seconds": 15,
        }

    # What people do.

    def execute(self) -> Run:
        """Plan it and start it."""
        self.migration_id, _ = controller.plan_migration(
            actor=self.plane.actor(),
            now=now(),
            spec={
                "type": "session_migration",
                "environment": "dev",
                "source": self.a.name,
                "target": self.b.name,
                "parameters": self._parameters,
                "options": self._options,
            },
        )
        controller.execute_migration(actor=self.plane.actor(), now=now(), migration_id=self.migration_id)
        self.run_id = Run.objects.filter(migration_id=self.migration_id).latest("pk").pk
        return self.run

    def hand_over(self) -> None:
        cutover.cut_over(actor=self.plane.actor(), now=now(), run_id=self.run_id)

    def postpone(self) -> None:
        cutover.postpone(actor=self.plane.actor(), now=now(), run_id=self.run_id)

    def bring_back(self) -> None:
        cutover.bring_back(actor=self.plane.actor(), now=now(), run_id=self.run_id)

    def confirm(self, step: str = "complete") -> None:
        confirmations.sign_off(
            actor=self.plane.actor("approver"),
            now=now(),
            run_id=self.run_id,
            step=step,
            digest=self.run.revision.digest,
            decision=Decision.APPROVE,
        )

    # What there is to see.

    @property
    def run(self) -> Run:
        return Run.objects.select_related("revision", "migration").get(pk=self.run_id)

    @property
    def state(self) -> str:
        return str(Run.objects.values_list("state", flat=True).get(pk=self.run_id))

    @property
    def record(self) -> RouteRecord:
        return Route.objects.get(name=self.name).record

    def buckets(self, *phases: RoutePhase) -> int:
        return len(buckets_in(self.record, *phases))

    @property
    def served_by_b(self) -> bool:
        return self.buckets(RoutePhase.DUAL_B) == ALL

    @property
    def served_by_a(self) -> bool:
        return self.buckets(RoutePhase.DUAL_A) == ALL

    def step_state(self, step: str) -> str:
        found = StepRun.objects.filter(run_id=self.run_id, step=step, partition=0).values_list("state", flat=True)
        return str(found.first() or "")

    def panel(self, name: str) -> dict[str, Any]:
        found = RoutePanel.objects.filter(route__name=self.name, name=name).values_list("values", flat=True).first()
        return dict(found or {})

    def closed_gates(self) -> dict[str, str]:
        return {gate["id"]: gate["why"] for gate in self.panel("gates").get("gates", []) if not gate["open"]}

    def events(self, kind: EventType) -> list[RunEvent]:
        return list(RunEvent.objects.filter(run_id=self.run_id, type=kind).order_by("seq"))

    def said(self, text: str) -> bool:
        """Whether the run's log has such a line."""
        return any(text in event.payload.get("message", "") for event in self.events(EventType.LOGGED))

    def log(self) -> str:
        return "\n".join(event.payload.get("message", "") for event in self.events(EventType.LOGGED))

    # Waiting. A run that ended is never waited for: the scenario is broken then.

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        def holds() -> object:
            if condition():
                return True
            state = RunState(self.state)
            if state.is_final or state is RunState.ROLLING_BACK:
                raise RuntimeError(f"{self.name}: {what} did not come: the run is {state}: {self.run.error}")
            return False

        try:
            self.rig.wait(holds, seconds, f"{self.name}: {what}")
        except TimeoutError as late:
            run = self.run
            steps = dict(StepRun.objects.filter(run=run, partition=0).values_list("step", "state"))
            late.add_note(f"run {run.state} {run.parked_because!r}, steps {steps}, gates {self.closed_gates()}")
            late.add_note(f"route {self.record.epoch} {self.record.phase} {len(self.record.buckets)} ranges")
            late.add_note(self.log()[-3000:])
            raise

    def until_dual(self, seconds: float = 120) -> None:
        """Copied and proven, and parked before the hand-over, as its plan says."""
        self.wait(lambda: self.is_parked(ParkedFor.HELD), seconds, "the run to wait for its release")

    def is_parked(self, reason: ParkedFor) -> bool:
        return (self.state, self.run.parked_because) == (RunState.PARKED, reason)

    def over(self, seconds: float = 120) -> None:
        """Hand over, and wait until the target serves every bucket."""
        self.hand_over()
        self.wait(lambda: self.served_by_b, seconds, "the target to serve every bucket")

    def back(self, seconds: float = 120) -> None:
        """Bring back, and wait until the source serves every bucket."""
        self.bring_back()
        self.wait(lambda: self.served_by_a and self.is_parked(ParkedFor.HELD), seconds, "the source to serve all")

    def complete(self, seconds: float = 60) -> None:
        """After the soak: confirm, and wait for the end of the run."""
        self.wait(lambda: self.is_parked(ParkedFor.CONFIRMATION), seconds, "completing to be asked for")
        self.confirm()
        self.rig.wait(lambda: RunState(self.state).is_final, seconds, f"{self.name}: the end of the run")
        self.rig.expect(self.state == RunState.SUCCEEDED, f"the run ended {self.state}: {self.run.error}")

    def drained(self, seconds: float = 15) -> None:
        """No client is at work any more: the journals empty themselves."""
        self.rig.reaches(lambda: self.a.marked() + self.b.marked() == 0, seconds, "both journals to be empty")

    def settled(self, ids: Sequence[str] | Collection[str]) -> Contents:
        serving = self.a if self.record.authority == "a" else self.b
        contents = serving.contents()
        return {name: contents[name] for name in ids if name in contents}
