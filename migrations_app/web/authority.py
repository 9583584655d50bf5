"""The authority strip: 256 buckets as the cells of a grid, one SVG path for each side that serves some of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_app.selectors.route_live import RouteLive, ServedRange

COLUMNS, NARROW_COLUMNS = 64, 32
CELL = 0.84  # of the distance between two cells


@dataclass(frozen=True, slots=True)
class Cells:
    """`kind` is source, target or waits; `path` and `narrow` are SVG path data, `buckets` how many cells they draw."""

    kind: str
    label: str
    path: str
    narrow: str
    buckets: int


def cells(route: RouteLive) -> tuple[Cells, ...]:
    """Always three, in the order of the legend; a path is empty where there is no such bucket."""
    kinds = {"source": route.source, "target": route.target, "waits": "writes wait"}
    return tuple(
        _cells(kind, label, [r for r in route.ranges if _kind(route, r) == kind]) for kind, label in kinds.items()
    )


def _kind(route: RouteLive, part: ServedRange) -> str:
    return "waits" if part.waits else "target" if part.store == route.target else "source"


def _cells(kind: str, label: str, ranges: Sequence[ServedRange]) -> Cells:
    buckets = [bucket for part in ranges for bucket in range(part.first, part.last + 1)]
    return Cells(kind, label, _path(buckets, COLUMNS), _path(buckets, NARROW_COLUMNS), len(buckets))


def _path(buckets: Sequence[int], columns: int) -> str:
    return "".join(f"M{bucket % columns} {bucket // columns}h{CELL}v{CELL}h-{CELL}z" for bucket in buckets)
