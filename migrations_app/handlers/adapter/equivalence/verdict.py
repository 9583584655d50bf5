"""One tool on trial: all cases on both sides, what parts them confirmed and made small, and what stays open."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from migrations_app.handlers.adapter.equivalence.cases import Case, text_of
from migrations_app.handlers.adapter.equivalence.coverage import Coverage, coverage
from migrations_app.handlers.adapter.equivalence.observing import difference, observed, other_words
from migrations_app.handlers.adapter.equivalence.report import SOURCES, Difference, Outcome, Tolerance, ToolReport
from migrations_app.handlers.adapter.equivalence.running import Ran, Run, Seen
from migrations_app.handlers.adapter.equivalence.shrinking import shrink, shrink_calls
from migrations_app.handlers.adapter.equivalence.sides import Sides
from migrations_app.handlers.adapter.equivalence.writing import unread
from migrations_app.handlers.adapter.facts import EffectKind, Tool

_NOT_THERE: Final = "ModuleNotFoundError"
_CHANCE: Final = (EffectKind.RANDOMNESS, EffectKind.TIME)


@dataclass(slots=True)
class Trial:
    """`served` is the tool's name on the generic side."""

    sides: Sides
    tool: Tool
    served: str
    cases: Sequence[Case]
    tolerance: Tolerance
    python: str = ""
    _values: list[Any] = field(default_factory=list)

    def report(self) -> ToolReport:
        """Raises SandboxMissing."""
        self._values = [one.arguments for one in self.cases]
        forward = tuple(range(len(self._values)))
        # Backwards and each twice: a tool that remembers its calls answers otherwise there.
        back = tuple(number for number in reversed(forward) for _ in range(2))
        runs = [Run("forward", forward), Run("again", forward, traced=True), Run("back", back)]
        custom, generic = self._both(self._values, runs, self.tool.functions)
        self.python = custom.python
        for name, side in (("custom", custom), ("generic", generic)):
            if side.fatal:
                advice = " Name the interpreter of the project's own environment." if _NOT_THERE in side.fatal else ""
                return self._not_compared(f"The {name} adapter cannot be loaded in the sandbox: {side.fatal}.{advice}")
        reached = coverage(custom.reached)
        compared = [at for at in forward if ("forward", at) in custom.seen and ("forward", at) in generic.seen]
        if reason := self._nothing_to_compare(custom, generic, compared) or self._by_chance(custom):
            return self._not_compared(reason, reached, len(compared))
        for order, late in self._parting(custom, generic, {"forward": forward, "back": back}):
            found = self._confirmed(order, late)
            if isinstance(found, Difference):
                return self._made(Outcome.DIFFERENT, reached.open, reached, len(compared), found)
            if found:
                return self._not_compared(found, reached, len(compared))
        for name, side in (("custom", custom), ("generic", generic)):
            if side.stopped:
                reason = f"The {name} side was given up before all cases were done: {side.stopped}"
                return self._not_compared(reason, reached, len(compared))
        pairs = [(custom.seen["forward", at], generic.seen["forward", at]) for at in compared]
        return self._made(Outcome.EQUIVALENT, " ".join(_left_open(pairs, reached)), reached, len(compared))

    def _parting(
        self, custom: Ran, generic: Ran, runs: Mapping[str, tuple[int, ...]]
    ) -> list[tuple[tuple[int, ...], bool]]:
        """The calls up to one at which they part, and whether it is only that one did not come to an end in time. The
        first that is more than that, or else two at most."""
        late: list[tuple[tuple[int, ...], bool]] = []
        for run, order in runs.items():
            for at in range(len(order)):
                mine, theirs = custom.seen.get((run, at)), generic.seen.get((run, at))
                if mine and theirs and difference(mine, theirs, self.tolerance):
                    if not (mine.late or theirs.late):
                        return [(order[: at + 1], False)]
                    late.append((order[: at + 1], True))
        return late[:2]

    def _both(self, values: Sequence[Any], runs: Sequence[Run], functions: Sequence[str] = ()) -> tuple[Ran, Ran]:
        return self.sides.both((self.tool.name, self.served), values, runs, functions)

    def _nothing_to_compare(self, custom: Ran, generic: Ran, compared: Sequence[int]) -> str:
        for name, side in (("custom", custom), ("generic", generic)):
            seen = [one for (run, _), one in side.seen.items() if run == "forward"]
            ended = [one.message for one in seen if one.kind == "ended"]
            if not seen or (ended and all(one.kind != "answer" for one in seen)):
                return f"The {name} side never came to an answer: {(ended or [side.stopped])[0]}"
        pairs = [(custom.seen["forward", at], generic.seen["forward", at]) for at in compared]
        if all(one.kind != "answer" and other.kind != "answer" for one, other in pairs):
            told = next((one for one, _ in pairs if one.kind == "raised"), None)
            example = f", such as {told.error}: {told.message[:200]}" if told else ""
            return f"No case led to an answer, all to errors{example}. Record some real arguments for it."
        answers = [one.value for one, _ in pairs if one.kind == "answer"]
        if answers and all(isinstance(one, list) and one[:1] == ["opaque"] for one in answers):
            return "All that it answers are objects that show nothing of themselves."
        return ""

    def _by_chance(self, custom: Ran) -> str:
        for (run, at), seen in custom.seen.items():
            again = custom.seen.get(("again", at)) if run == "forward" else None
            if again is None or "ended" in (seen.kind, again.kind):
                continue
            if what := difference(seen, again, self.tolerance):
                return self._unsteady(self._values[at], what)
        return ""

    def _unsteady(self, arguments: Any, what: str) -> str:
        known = sorted({effect.what for effect in self.tool.effects if effect.kind in _CHANCE})
        why = f" Its code uses {', '.join(known)}." if known else ""
        return f"Asked twice with {text_of(arguments)[:300]} it did not do the same twice: {what[:300]}.{why}"

    def _confirmed(self, order: tuple[int, ...], late: bool) -> Difference | str:
        """The last call of these, alone if it differs there too; small. A text says why nothing can be said; it is
        empty where one was late, and with more time they are the same."""
        arguments = self._values[order[-1]]
        trial = replace(self, sides=self.sides.patient()) if late else self
        what, custom, generic = trial._alone(arguments)
        if what:
            return trial._small(arguments, what, custom, generic)
        if late:
            return ""
        calls = [self._values[number] for number in order]
        if not self._after([calls])[0][0]:
            return f"A difference with {text_of(arguments)[:300]} was seen once, and not when it was tried again."
        calls = shrink_calls(calls, lambda tried: [bool(one[0]) for one in self._after(tried)])
        [(what, custom, generic)] = self._after([calls])
        if not what:
            return f"A difference with {text_of(arguments)[:300]} comes and goes with what was called before."
        return Difference(
            text_of(calls), f"state: after {len(calls) - 1} earlier calls: {what}", observed(custom), observed(generic)
        )

    def _small(self, arguments: dict[str, Any], what: str, custom: Seen, generic: Seen) -> Difference | str:
        if "ended" in (custom.kind, generic.kind):  # each further try could take as long again
            return Difference(text_of(arguments), what, observed(custom), observed(generic))
        kind = _kind(what, custom, generic)
        small = shrink(arguments, lambda tried: [_kind(*one) == kind for one in self._judged(tried)])
        found = self._alone(small)
        if not found[0]:
            small, found = arguments, self._alone(arguments)
        if not found[0]:
            return f"A difference with {text_of(arguments)[:300]} comes and goes."
        again = self._alone(small)
        if unsteady := difference(found[1], again[1], self.tolerance):
            return self._unsteady(small, unsteady)
        return Difference(text_of(small), found[0], observed(found[1]), observed(found[2]))

    def _alone(self, arguments: Any) -> tuple[str, Seen, Seen]:
        return self._after([[arguments]])[0]

    def _after(self, lists: Sequence[Sequence[Any]]) -> list[tuple[str, Seen, Seen]]:
        """What parts the last call of each list, each list in a process of its own."""
        values: list[Any] = []
        runs: list[Run] = []
        for number, calls in enumerate(lists):
            runs.append(Run(str(number), tuple(range(len(values), len(values) + len(calls)))))
            values += calls
        custom, generic = self._both(values, runs)
        pairs = [(custom, generic, (run.name, len(run.cases) - 1)) for run in runs]
        return [self._parted(one.seen.get(key, _MISSING), other.seen.get(key, _MISSING)) for one, other, key in pairs]

    def _judged(self, values: Sequence[Any]) -> list[tuple[str, Seen, Seen]]:
        """What parts each of these calls, one after the other in one process."""
        custom, generic = self._both(values, [Run("tried", tuple(range(len(values))))])
        keys = [("tried", at) for at in range(len(values))]
        return [self._parted(custom.seen.get(key, _MISSING), generic.seen.get(key, _MISSING)) for key in keys]

    def _parted(self, custom: Seen, generic: Seen) -> tuple[str, Seen, Seen]:
        return difference(custom, generic, self.tolerance) if _MISSING not in (custom, generic) else "", custom, generic

    def _not_compared(self, reason: str, reached: Coverage = Coverage(), compared: int = 0) -> ToolReport:  # noqa: B008
        return self._made(Outcome.NOT_COMPARED, reason, reached, compared)

    def _made(
        self, outcome: Outcome, reason: str, reached: Coverage, compared: int, found: Difference | None = None
    ) -> ToolReport:
        counted = Counter(one.source for one in self.cases)
        return ToolReport(
            tool=self.tool.name,
            outcome=outcome,
            cases=compared,
            sources={source: counted[source] for source in SOURCES if counted[source]},
            lines_reached=reached.lines_reached,
            lines=reached.lines,
            branches_reached=reached.branches_reached,
            branches=reached.branches,
            missed=reached.missed,
            reason=reason,
            difference=found,
        )


_MISSING: Final = Seen("ended", message="It was not tried.")


def _kind(what: str, custom: Seen, generic: Seen) -> tuple[str, ...]:
    """What stays the same while arguments become smaller, as another difference would be another finding."""
    return what.partition(":")[0], custom.kind, custom.error, generic.kind, generic.error


def _left_open(pairs: Sequence[tuple[Seen, Seen]], reached: Coverage) -> list[str]:
    said = [reached.open] if reached.open else []
    if words := [(one, other) for one, other in pairs if other_words(one, other)]:
        one, other = words[0]
        said.append(
            f"{len(words)} times both raised the same with other words, first {one.error}: "
            f"{one.message[:200]!r} and {other.message[:200]!r}."
        )
    if ended := [one for one, other in pairs if one.kind == other.kind == "ended"]:
        said.append(f"{len(ended)} cases came to no end on either side and show nothing, first: {ended[0].message}")
    if hidden := sorted({name for one, _ in pairs if one.kind == "answer" for name in unread(one.value)}):
        said.append(f"Of some answers only the type was compared, or a part: {', '.join(hidden[:5])}.")
    return said
