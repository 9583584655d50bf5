"""The phases of a route: who serves, what clients may do, where it may go next (PROTOCOL 5.3, 5.8).

The code and the model in `tests/model` both go by this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.engine.vocabulary import RoutePhase

_P = RoutePhase


@dataclass(frozen=True, slots=True)
class PhaseRule:
    """`authority` is the side ("a" or "b") that clients read from and write to; `journaled`: writes are marked for a
    relay; `fenced`: on a route with fences clients present their epoch and the store checks it (else operations are
    plain); `successors` where a zero-downtime route goes next, `standard` where a route without fences does.
    """

    authority: str
    may_read: bool
    may_write: bool
    journaled: bool
    fenced: bool
    successors: frozenset[RoutePhase]
    standard: frozenset[RoutePhase] = frozenset()


PHASES: Mapping[RoutePhase, PhaseRule] = {
    _P.PLAIN_A: PhaseRule("a", True, True, False, False, frozenset({_P.JOURNAL_A}), frozenset({_P.HANDOFF})),
    _P.JOURNAL_A: PhaseRule("a", True, True, True, True, frozenset({_P.DUAL_A, _P.PLAIN_A})),
    _P.DUAL_A: PhaseRule("a", True, True, True, True, frozenset({_P.HANDOFF, _P.JOURNAL_A})),
    _P.HANDOFF: PhaseRule(
        "a",
        True,
        False,
        True,
        True,
        frozenset({_P.DUAL_B, _P.DUAL_A}),
        frozenset({_P.SINGLE_B, _P.PLAIN_A}),
    ),
    _P.DUAL_B: PhaseRule("b", True, True, True, True, frozenset({_P.HANDOFF_BACK, _P.SINGLE_B})),
    _P.HANDOFF_BACK: PhaseRule(
        "b",
        True,
        False,
        True,
        True,
        frozenset({_P.DUAL_A, _P.DUAL_B}),
        frozenset({_P.PLAIN_A, _P.SINGLE_B}),
    ),
    _P.SINGLE_B: PhaseRule("b", True, True, False, True, frozenset({_P.RETIRED}), frozenset({_P.HANDOFF_BACK})),
    _P.RETIRED: PhaseRule("b", True, True, False, False, frozenset()),
}

FENCED_PHASES = frozenset(phase for phase, rule in PHASES.items() if rule.fenced)
JOURNALED_PHASES = frozenset(phase for phase, rule in PHASES.items() if rule.journaled)


def may_follow(before: RoutePhase, after: RoutePhase, *, fenced: bool) -> bool:
    """Whether a route at `before` may be published at `after`, under a newer epoch.

    Any phase may be published again as it is (a server's new incarnation, another store). A phase in which one side
    alone serves and no relay runs ends a migration: the next one starts at PLAIN_A, with that side as its `a`.
    """
    if before is after or (after is _P.PLAIN_A and before in {_P.SINGLE_B, _P.RETIRED}):
        return True
    rule = PHASES[before]
    return after in (rule.successors if fenced else rule.standard)
