"""What a test sees of a run that other processes drive: the control database, nothing else."""

from collections import Counter

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Lease, Run, RunEvent


def checkpoints(run: Run, step: str = "transfer") -> int:
    return RunEvent.objects.filter(run=run, step=step, type=EventType.CHECKPOINT_SAVED).count()


def state(run: Run) -> str:
    return Run.objects.values_list("state", flat=True).get(pk=run.pk)


def finished(run: Run) -> bool:
    return RunState(state(run)).is_final


def outcomes(run: Run) -> Counter[str]:
    """How often each step reported its success."""
    return Counter(RunEvent.objects.filter(run=run, type=EventType.STEP_SUCCEEDED).values_list("step", flat=True))


def events(run: Run, kind: EventType) -> int:
    return RunEvent.objects.filter(run=run, type=kind).count()


def holders(run: Run) -> set[str]:
    """Who holds a lease of this run now."""
    return set(Lease.objects.filter(run=run).exclude(holder="").values_list("holder", flat=True))


def process_of(holder: str) -> int:
    """The process id in a holder's name."""
    return int(holder.split(":")[1])
