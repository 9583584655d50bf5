"""Who fills which place: a largest assignment of distinct people to places (augmenting paths, Kuhn 1955)."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)


def assignment(fitting: Sequence[Sequence[Person]]) -> dict[int, Person]:
    """Place -> person, as many places as possible, nobody twice. `fitting` lists for each place who may fill it.

    A place once filled stays filled, perhaps by somebody else: of several largest assignments the one that fills the
    earlier places is given.
    """
    seat_of: dict[Person, int] = {}

    def seat(place: int, asked: set[Person]) -> bool:
        for person in fitting[place]:
            if person in asked:
                continue
            asked.add(person)
            if person not in seat_of or seat(seat_of[person], asked):
                seat_of[person] = place
                return True
        return False

    for place in range(len(fitting)):
        seat(place, set())
    return {place: person for person, place in seat_of.items()}
