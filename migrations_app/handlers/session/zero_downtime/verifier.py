"""Passes of the verifier over both stores, with repair (PROTOCOL 5.7 and 7).

Every id of either side is compared. A difference that outlasts a second look is a divergence; it is repaired by giving
the session a new version in the authority, which the relay then carries over whatever the replica holds. A repaired
pass is not a clean one: the next must find nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.handlers.session.zero_downtime.levelness import Divergence, Levelness
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.stores.routed.base import bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, Version

PAGE = 1000
NAMED_AT_MOST = 20


@dataclass(slots=True)
class Pass:
    """What one pass found. `named`: (kind, fingerprint) of the first divergences, `bytes` of the values compared."""

    compared: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    named: list[dict[str, str]] = field(default_factory=list)
    repaired: int = 0
    regressed: int = 0

    @property
    def diverging(self) -> int:
        return self.kinds.total()

    @property
    def is_clean(self) -> bool:
        return not self.diverging

    def as_dict(self) -> dict[str, Any]:
        return {
            "compared": self.compared,
            "diverging": self.diverging,
            "kinds": dict(sorted(self.kinds.items())),
            "named": self.named,
            "repaired": self.repaired,
            "regressed": self.regressed,
        }


@dataclass(frozen=True, slots=True)
class Verifier:
    """`tick` is called after each page, and in the end, with what was compared so far; it may raise to stop the pass.

    `settle_seconds`: how long a suspect gets to become level by itself before it is looked at again.
    """

    pair: Pair
    level: Levelness
    worker: WorkerToken
    settle_seconds: float
    tick: Callable[[int], None]
    now_published: Callable[[], RouteRecord | None]
    newest_wins: bool = True
    found: Pass = field(default_factory=Pass)

    def run(self) -> Pass:
        """One pass, once. Raises LeaseLost and DependencyUnavailable; a pass that was stopped has proven nothing, and
        what it did until then is in `found`.
        """
        suspects: dict[str, Divergence] = {}
        for side in ("a", "b"):
            cursor, last = "", False
            while not last:
                page = self.pair.side(side).sessions.scan_ids(cursor, PAGE)
                suspects |= {suspect.id: suspect for suspect in self.level.differing(page.ids)}
                self.found.compared += len(page.ids) if side == "a" else 0
                cursor, last = page.cursor, page.last
                if len(suspects) >= PAGE:
                    self._settle(suspects)
                self.tick(self.found.compared)
        self._settle(suspects)
        self.tick(self.found.compared)
        return self.found

    def _settle(self, suspects: dict[str, Divergence]) -> None:
        """Look again at those that differed, all of them after one wait; none is left."""
        found = self.found
        for divergence in self.level.stable(list(suspects.values()), self.settle_seconds):
            found.kinds[str(divergence.kind)] += 1
            found.regressed += divergence.regressed
            if len(found.named) < NAMED_AT_MOST:
                found.named.append(divergence.as_dict())
            found.repaired += self._repair(divergence)
        suspects.clear()

    def _repair(self, divergence: Divergence) -> bool:
        """Mint anew in the authority. False when the session changed meanwhile (then the relay brings it anyway), or
        its bucket was handed over since this pass began.

        A replica that is ahead means that the authority forgot acknowledged writes; which side then holds is the plan's
        to say.
        """
        bucket, published = bucket_of(divergence.id), self.now_published()
        if published is None or published.at(bucket).authority != divergence.authority:
            return False
        authority = self.pair.side(divergence.authority)
        if divergence.regressed and self.newest_wins:
            newer = self.pair.other(divergence.authority).fetch([divergence.id])
            # A session without a version gets the lowest one of this epoch: below whatever is written from now on.
            lowest = Version(published.at(bucket).epoch, 0)
            newer = [replace(each, version=lowest) if each.version == UNVERSIONED else each for each in newer]
            skew_ms = -self.level.skew_ms if divergence.authority == "a" else self.level.skew_ms
            return authority.adopt(newer, self.worker, skew_ms=skew_ms).written == 1
        held = authority.fetch([divergence.id])[0]
        return authority.remint(held, self.worker, published.at(bucket).epoch) is not None


def summary(passes: int, last: Pass, *, clean_since: str, repaired: int) -> Mapping[str, Any]:
    """The panel that people and the gates look at."""
    return {**last.as_dict(), "passes": passes, "clean_since": clean_since, "repaired_in_all": repaired}
