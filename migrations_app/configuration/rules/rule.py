"""One step between two neighbouring releases, as data: what it does there, and what leads back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Blocked, Change, Ground
from migrations_app.snakepit.versions import Version

Forward = Callable[[Ground], Iterable[Change]]
Backward = Callable[[Ground], Iterable[Change | Blocked]]


class WayBack(StrEnum):
    """RULE: `back` undoes it. NOTHING: an older release reads the new form just as well. SNAPSHOT: what was written
    before is lost; going down needs nothing, but leads to another configuration than the one that was left."""

    RULE = "rule"
    NOTHING = "nothing"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Rule:
    """`version` is the first release that wants the new form. `leftovers`: what it looks for has no working meaning
    from that release on, so that it also applies to a configuration that was already beyond it. `optional`: the older
    form works as well, so where it cannot be written anew nobody has to do it by hand.

    A rule is applied until it wishes nothing more, one change at a time, read again in between; so it looks at one
    configuration only and keeps nothing.
    """

    id: str
    version: str
    manner: Manner
    title: str
    reason: str
    forward: Forward
    way_back: WayBack = WayBack.NOTHING
    back: Backward | None = None
    leftovers: bool = False
    optional: bool = False

    @property
    def at(self) -> Version:
        return Version(self.version)

    def lies_between(self, origin: Version, to: Version) -> bool:
        if origin <= to:
            return self.at <= to and (origin < self.at or self.leftovers)
        return to < self.at <= origin
