"""Which target of another environment most likely stands where this one stands: a suggestion, never a decision."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# How people shorten the usual names in the names of their targets.
_SHORT = {
    "development": ("dev",),
    "testing": ("test", "qa"),
    "staging": ("stage", "stg"),
    "production": ("prod", "prd", "live"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target that may fill the role. `filled_role`: it has filled this very role in another migration there."""

    id: int
    name: str
    store: str = ""
    filled_role: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`why` is the end of a sentence: "suggested because ..."."""

    id: int
    why: str


def suggest(
    name: str,
    store: str,
    candidates: Sequence[Candidate],
    *,
    environments: Collection[str],
    taken: Collection[int] = (),
) -> Suggestion | None:
    """The candidate for the place of the target `name`, or None where nothing speaks for one of them alone.

    `environments` are the names of both; `staging-shop` and `prod-shop` have the same pattern. `taken` were suggested
    for other roles.
    """
    free = [candidate for candidate in candidates if candidate.id not in taken]
    alike = [candidate for candidate in free if candidate.store == store]
    pattern = _pattern(name, environments)
    grounds = (
        ([c for c in alike if c.name == name], "it has the same name"),
        ([c for c in alike if _pattern(c.name, environments) == pattern], "its name has the same pattern"),
        ([c for c in alike if c.filled_role], "it alone has filled this role there"),
        (alike, "it is the only one of this kind there"),
        ([c for c in free if c.name == name], "it has the same name"),
    )
    for found, why in grounds:
        if len(found) == 1:
            return Suggestion(found[0].id, why)
    return None


def _pattern(name: str, environments: Collection[str]) -> tuple[str, ...]:
    """The words of the name without those that name an environment."""
    said = {word for environment in environments for word in (environment, *_SHORT.get(environment, ()))}
    return tuple(word for word in re.split(r"[^a-z0-9]+", name.lower()) if word and word not in said)
