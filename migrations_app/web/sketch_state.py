"""What the line above a new migration says about its draft: whether it is kept, and if not, why and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from migrations_app.services.errors import NotFound, Refused, StaleEdit
from migrations_app.services.sketches import Seen


class Said(StrEnum):
    NEW = "new"  # nothing was typed yet
    KEPT = "kept"
    STALE = "stale"  # another page has saved since
    GONE = "gone"  # discarded on another page
    REFUSED = "refused"
    SIGNED_OUT = "signed_out"
    BECAME = "became"  # it is a migration already


@dataclass(frozen=True, slots=True)
class SketchState:
    """`writer` names this page among those that the draft may be open in. `before` is what the page says now.

    `back` is where to sign in again leads; `became` the migration that the draft has become. `of_version` is of the
    migration that it edits, when that began.
    """

    id: int
    said: Said
    version: int = 0
    writer: str = ""
    before: str = ""
    kept_at: datetime | None = None
    begun_from: str = ""
    refusal: Refused | None = None
    became: int | None = None
    of_version: int = 0
    back: str = ""

    @property
    def news(self) -> bool:
        """Whether the page has to say something else than it does; repeating “saved” would disturb who listens."""
        return self.said != self.before or self.said is Said.REFUSED


def refused(sketch_id: int, refusal: Refused, *, seen: Seen, before: str) -> SketchState:
    stale, gone = isinstance(refusal, StaleEdit), isinstance(refusal, NotFound)
    said = Said.STALE if stale else Said.GONE if gone else Said.REFUSED
    return SketchState(sketch_id, said, seen.version, seen.writer, before, refusal=refusal)


STATUS = {Said.SIGNED_OUT: 401, Said.STALE: 409, Said.GONE: 409, Said.REFUSED: 422}
