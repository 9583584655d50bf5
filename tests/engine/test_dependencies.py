import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.dependencies import circle, waves

CHAIN = {3: [2], 2: [1]}


@pytest.mark.parametrize(
    ("predecessors", "migration", "predecessor", "closed"),
    [
        ({}, 1, 1, (1, 1)),
        ({}, 1, 2, ()),
        ({2: [1]}, 1, 2, (1, 2, 1)),
        (CHAIN, 1, 3, (1, 3, 2, 1)),
        (CHAIN, 3, 1, ()),
        (CHAIN, 4, 3, ()),
        ({3: [2, 1], 2: [1]}, 1, 3, (1, 3, 1)),
    ],
)
def test_a_circle_is_named_from_end_to_end(predecessors, migration, predecessor, closed):
    assert circle(predecessors, migration, predecessor) == closed


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=20))
def test_what_is_let_in_never_makes_a_circle(wished):
    """Whatever is wished for: as long as circles are refused, one can be run after the other."""
    held: dict[int, set[int]] = {}
    for migration, predecessor in wished:
        if not circle(held, migration, predecessor):
            held.setdefault(migration, set()).add(predecessor)
    left = {name for pair in wished for name in pair}
    while left:
        ready = {name for name in left if not held.get(name, set()) & left}
        assert ready
        left -= ready


@pytest.mark.parametrize(
    ("predecessors", "found"),
    [
        ({}, []),
        ({1: []}, [[1]]),
        ({1: [], 2: [1], 3: [1], 4: [2, 3], 5: []}, [[1, 5], [2, 3], [4]]),
        ({9: [8], 8: [7], 7: [], 1: [7, 9]}, [[7], [8], [9], [1]]),
    ],
)
def test_each_goes_in_the_earliest_wave_that_it_may(predecessors, found):
    assert waves(predecessors) == found


def test_a_circle_has_no_waves():
    with pytest.raises(ValueError, match="circle"):
        waves({1: [2], 2: [1]})
