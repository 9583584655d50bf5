"""One box that finds migrations, runs, targets and environments."""

from dataclasses import dataclass

from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`kind` is migration, run, target or environment; `id` is its id."""

    kind: str
    id: int
    title: str
    subtitle: str
    environment: str


def search(*, actor: Actor, q: str, limit: int = 20) -> tuple[SearchHit, ...]:
    """By words of the title, a name, a number (migration or run id) or the beginning of a plan's digest."""
    raise NotImplementedError
