"""How long steps will take, learned from those that succeeded before.

What is learned is a line over the volume (Theil and Sen: the median of all slopes, and of what they leave) when past
volumes differ, and else a factor on the handler's own estimate. Either is drawn towards the handler's own estimate,
which counts as one more run: after one run half of the way is left, after nine a tenth. All of it works on medians, so
a run that waited for a night moves nothing. The error is that of each past run, foretold from the others alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from math import exp, log
from statistics import median
from typing import Any

FORMAT = 1
SPREAD = 2  # the greatest volume over the least, from which on a line is worth more than a factor
FEWEST_FOR_LINE = 3
FEWEST_FOR_ERROR = 2
_SHORTEST = 0.05  # seconds; what is shorter is not told apart


@dataclass(frozen=True, slots=True)
class PastStep:
    """One success. `volume`: records that its plan expected (0: its time has nothing to do with one); `own_seconds`:
    what the handler itself had estimated."""

    run: int
    seconds: float
    volume: int = 0
    own_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Past:
    """Step id -> its successes, of runs of one handler between stores of one `pair`. `everywhere`: of all environments,
    because this one has too few."""

    pair: str = ""
    unit: str = ""
    everywhere: bool = False
    steps: Mapping[str, Sequence[PastStep]] = field(default_factory=dict)


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """`error_percent`: how far a past run was from what the others foretold, in the median; None: too few to say."""

    step: str
    seconds: int
    own_seconds: int
    volume: int
    runs: int
    error_percent: int | None

    @property
    def said(self) -> str:
        """`from 7 runs, 12 % off`; `rule of thumb` where no run had this step."""
        if not self.runs:
            return "rule of thumb"
        of = f"from {_counted(self.runs)}"
        return of if self.error_percent is None else f"{of}, {self.error_percent} % off"


@dataclass(frozen=True, slots=True)
class PlanEstimate:
    """Of all steps one after the other. `own_seconds` and `own_error_percent`: of the handler's own estimate."""

    seconds: int
    own_seconds: int
    runs: int
    basis: str
    error_percent: int | None
    own_error_percent: int | None
    steps: tuple[StepEstimate, ...]

    def document(self) -> dict[str, Any]:
        """JSON-ready, with its format."""
        return {"format": FORMAT, **asdict(self), "steps": [asdict(step) for step in self.steps]}

    def of_step(self, step: str) -> StepEstimate | None:
        return next((each for each in self.steps if each.step == step), None)

    @property
    def said(self) -> str:
        """The basis, and the error where there is one: `from 7 runs of redis to postgres, typically 12 % off`."""
        return self.basis if self.error_percent is None else f"{self.basis}, typically {self.error_percent} % off"


def estimate_from(document: Mapping[str, Any] | None) -> PlanEstimate | None:
    """Inverse of `document`; None for a plan that kept none, and for a format of another version."""
    if not document or document.get("format") != FORMAT:
        return None
    told = {name: value for name, value in document.items() if name not in ("format", "steps")}
    return PlanEstimate(**told, steps=tuple(StepEstimate(**step) for step in document["steps"]))


@dataclass(frozen=True, slots=True)
class Expected:
    """A step to come, as its handler sees it."""

    step: str
    own_seconds: int
    volume: int = 0


def foretell(expected: Expected, past: Sequence[PastStep]) -> float:
    """Seconds; the handler's own estimate without a past."""
    if not past:
        return float(expected.own_seconds)
    learned = max(_learned(expected, past), _SHORTEST)
    weight = len(past)
    return exp((weight * log(learned) + log(max(expected.own_seconds, 1))) / (weight + 1))


def _learned(expected: Expected, past: Sequence[PastStep]) -> float:
    points = [(each.volume, each.seconds) for each in past if each.volume]
    volumes = [volume for volume, _ in points]
    if expected.volume and len(points) >= FEWEST_FOR_LINE and max(volumes) >= SPREAD * min(volumes):
        slope = max(0.0, _slope(points))
        fixed = max(0.0, median(seconds - slope * volume for volume, seconds in points))
        return fixed + slope * expected.volume
    return expected.own_seconds * median(each.seconds / max(each.own_seconds, 1) for each in past)


def _slope(points: Sequence[tuple[int, float]]) -> float:
    pairs = [(one, other) for one, other in combinations(points, 2) if one[0] != other[0]]
    return median((other[1] - one[1]) / (other[0] - one[0]) for one, other in pairs)


def estimate(steps: Sequence[Expected], past: Past = NO_PAST) -> PlanEstimate:
    """Of each step and of all. At least a second a step: plans hold whole seconds."""
    told = tuple(_step(step, past.steps.get(step.step, ())) for step in steps)
    runs = {each.run for step in steps for each in past.steps.get(step.step, ())}
    learned, own = _errors_of_runs(steps, past)
    return PlanEstimate(
        seconds=sum(step.seconds for step in told),
        own_seconds=sum(step.own_seconds for step in told),
        runs=len(runs),
        basis=_basis(steps, past, len(runs)),
        error_percent=learned,
        own_error_percent=own,
        steps=told,
    )


def _step(step: Expected, past: Sequence[PastStep]) -> StepEstimate:
    misses = [_miss(_without(each, past), each.seconds) for each in past] if len(past) >= FEWEST_FOR_ERROR else []
    return StepEstimate(
        step=step.step,
        seconds=_whole(foretell(step, past)),
        own_seconds=step.own_seconds,
        volume=step.volume,
        runs=len(past),
        error_percent=_percent(misses),
    )


def _without(each: PastStep, past: Sequence[PastStep]) -> float:
    """What the others would have foretold of this one."""
    others = [other for other in past if other.run != each.run]
    return _whole(foretell(Expected("", each.own_seconds, each.volume), others))


def _errors_of_runs(steps: Sequence[Expected], past: Past) -> tuple[int | None, int | None]:
    """Of whole runs: the learned estimate's and the handler's own, each in the median."""
    foretold, own, took = defaultdict[int, float](float), defaultdict[int, float](float), defaultdict[int, float](float)
    for step in steps:
        known = past.steps.get(step.step, ())
        for each in known:
            foretold[each.run] += _without(each, known)
            own[each.run] += each.own_seconds
            took[each.run] += _whole(each.seconds)
    if len(took) < FEWEST_FOR_ERROR:
        return None, None
    return (
        _percent([_miss(foretold[run], took[run]) for run in took]),
        _percent([_miss(own[run], took[run]) for run in took]),
    )


def _miss(foretold: float, took: float) -> float:
    """As a share of what it took; parts of a second do not count."""
    real = _whole(took)
    return abs(foretold - real) / real


def _percent(misses: Sequence[float]) -> int | None:
    return round(100 * median(misses)) if misses else None


def _whole(seconds: float) -> int:
    return max(1, round(seconds))


def _basis(steps: Sequence[Expected], past: Past, runs: int) -> str:
    """`from 7 runs of redis to postgres, 10,000 to 2,000,000 sessions`; volumes of other environments are not told."""
    of = _of(past.pair)
    if not runs:
        return f"no past run{of}: rule of thumb"
    said = f"from {_counted(runs)}{of}"
    if past.everywhere:
        return f"{said} in all environments"
    volumes = [each.volume for step in steps for each in past.steps.get(step.step, ()) if each.volume]
    if not volumes or not past.unit:
        return said
    least, most = min(volumes), max(volumes)
    amount = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{said}, {amount} {past.unit}"


def _of(pair: str) -> str:
    """` of redis to postgres`, ` on files`; '' where no pair is known."""
    return f" {'of' if ' to ' in pair else 'on'} {pair}" if pair else ""


def _counted(runs: int) -> str:
    return f"{runs} run{'s' if runs != 1 else ''}"
