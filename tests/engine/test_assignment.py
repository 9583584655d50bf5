from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.assignment import assignment

_people = st.sampled_from("abcde")
_fitting = st.lists(st.lists(_people, unique=True, max_size=4), max_size=5)


def best_by_trying(fitting: list[list[str]]) -> int:
    """How many places can be filled: every order of the people, each taking the place of that number or none."""
    people = sorted({person for each in fitting for person in each})
    padded = [*people, *[""] * len(fitting)]
    return max(
        sum(person in places for places, person in zip(fitting, order, strict=False))
        for order in permutations(padded, len(fitting))
    )


@given(_fitting)
def test_as_many_places_as_possible_by_distinct_people_who_fit(fitting: list[list[str]]) -> None:
    found = assignment(fitting)

    assert all(person in fitting[place] for place, person in found.items())
    assert len(set(found.values())) == len(found)
    assert len(found) == best_by_trying(fitting)


@given(_fitting, st.lists(_people, unique=True, max_size=4))
def test_another_place_never_empties_one_that_was_filled(fitting: list[list[str]], more: list[str]) -> None:
    assert assignment(fitting).keys() <= assignment([*fitting, more]).keys()


def test_somebody_makes_room_where_only_they_can() -> None:
    assert assignment([["ada", "bob"], ["ada"]]) == {0: "bob", 1: "ada"}
