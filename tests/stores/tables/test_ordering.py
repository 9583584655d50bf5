from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.stores.tables.ordering import cycles, levels
from migrations_app.stores.tables.schema import Catalogue, ForeignKey, Table


def catalogue(**references):
    """`a="b c"`: a refers to b and c."""
    return Catalogue(
        {
            name: Table(name, (), foreign_keys=tuple(ForeignKey("", ("x",), other, ("y",)) for other in others.split()))
            for name, others in references.items()
        }
    )


def test_what_is_referred_to_comes_before():
    shop = catalogue(orders="people", lines="orders goods", goods="", people="", notes="lines elsewhere")

    assert levels(shop, ["lines", "orders", "goods", "people", "notes"]) == {
        "goods": 0,
        "people": 0,
        "orders": 1,
        "lines": 2,
        "notes": 3,
    }
    assert cycles(shop, list(shop.tables)) == ()


def test_tables_that_are_not_moved_are_no_reason_to_wait():
    assert levels(catalogue(orders="people", people=""), ["orders"]) == {"orders": 0}
    assert levels(catalogue(), ["to_be_created"]) == {"to_be_created": 0}


@pytest.mark.parametrize("names", list(permutations("abcd")))
def test_members_of_a_cycle_share_a_level_in_whatever_order_they_come(names):
    ring = catalogue(**{name: {"a": "b", "b": "c", "c": "a", "d": "a"}[name] for name in names})

    assert levels(ring, names) == {"a": 0, "b": 0, "c": 0, "d": 1}
    assert cycles(ring, names) == (("a", "b", "c"),)


def test_a_table_that_refers_to_itself_is_a_cycle_of_one():
    tree = catalogue(tree="tree", leaf="tree")

    assert levels(tree, ["tree", "leaf"]) == {"tree": 0, "leaf": 1}
    assert cycles(tree, ["tree", "leaf"]) == (("tree",),)


def test_a_long_chain_is_no_trouble():
    count = 3000
    chain = catalogue(**{f"t{n}": f"t{n - 1}" if n else "" for n in range(count)})

    assert levels(chain, list(chain.tables))[f"t{count - 1}"] == count - 1


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef")).map(" ".join)))
def test_no_table_waits_for_a_later_level_except_in_a_cycle(references):
    found = catalogue(**references)
    level = levels(found, list(found.tables))
    together = {name: group for group in cycles(found, list(found.tables)) for name in group}
    for name, table in found.tables.items():
        for key in table.foreign_keys:
            if key.table in level:
                assert level[key.table] < level[name] or key.table in together.get(name, ())
