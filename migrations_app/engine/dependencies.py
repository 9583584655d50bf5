"""Which migration runs after which others: never in a circle."""

from collections.abc import Collection, Mapping

MOST_PREDECESSORS = 20


def circle(predecessors: Mapping[int, Collection[int]], migration: int, predecessor: int) -> tuple[int, ...]:
    """What would close if the migration ran after the predecessor: from the migration to itself; () for nothing.

    `predecessors`: of each migration, those that it runs after already.
    """
    came_from = {predecessor: migration}
    open_ones = [predecessor]
    while open_ones:
        here = open_ones.pop(0)
        if here == migration:
            return _way(came_from, migration)
        for before in sorted(predecessors.get(here, ())):
            if before not in came_from:
                came_from[before] = here
                open_ones.append(before)
    return ()


def _way(came_from: Mapping[int, int], migration: int) -> tuple[int, ...]:
    way = [migration]
    while (here := came_from[way[-1]]) != migration:
        way.append(here)
    return (migration, *reversed(way))


def waves(predecessors: Mapping[int, Collection[int]]) -> list[list[int]]:
    """All of them, in as many waves as it takes: each as early as what it runs after lets it. There is no circle."""
    depth: dict[int, int] = {}
    while len(depth) < len(predecessors):
        ready = [
            number
            for number, others in predecessors.items()
            if number not in depth and all(other in depth for other in others)
        ]
        if not ready:
            raise ValueError("they run after each other in a circle")
        for number in ready:
            depth[number] = 1 + max((depth[other] for other in predecessors[number]), default=-1)
    found: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for number in sorted(depth):
        found[depth[number]].append(number)
    return found
