"""How rows are matched and ranked, on the names of targets."""

import pytest

from migrations_app.models import Run, Target
from migrations_app.selectors.access import Access
from migrations_app.selectors.search_nouns import (
    BEGINS,
    ELSEWHERE,
    EXACT,
    WITHIN,
    WORD,
    Reader,
    matching,
    ranked,
    states_of,
)
from migrations_app.selectors.search_query import read
from migrations_app.selectors.search_table import KINDS
from migrations_app.services.actor import ANONYMOUS
from tests.cast import NOW, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]
EVERYWHERE = Reader(ANONYMOUS, Access(roles={}, system=True))
NAMES = ("carts", "carts-old", "shop-carts", "mycarts", "stock")


@pytest.fixture
def stores(cast: Cast) -> None:
    for name in NAMES:
        Target.objects.create(
            environment=cast.environments["dev"], name=name, kind="database", created_at=NOW, changed_at=NOW,
            config={"url": "carts.example.org" if name == "stock" else "x"},
        )  # fmt: skip


def ranks(typed: str) -> list[tuple[str, int]]:
    query = read(typed)
    rows = matching(KINDS["target"], EVERYWHERE, query)
    return [] if rows is None else [(row.name, row.rank) for row in ranked(rows, KINDS["target"], query)]


def test_whole_names_come_before_beginnings_words_parts_and_other_texts(stores: None) -> None:
    best_first = [("carts", EXACT), ("carts-old", BEGINS), ("shop-carts", WORD), ("mycarts", WITHIN)]

    assert ranks("CARTS") == [*best_first, ("stock", ELSEWHERE)]
    assert ranks("shop carts") == [("shop-carts", WITHIN)], "each word stands in it"
    assert ranks("carts.example.org") == [("stock", ELSEWHERE)]
    assert [rank for _, rank in ranks("env:dev")] == [EXACT] * len(NAMES)


@pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "carts env:prod", "state:running", "kind:run carts"])
def test_signs_mean_themselves_and_filters_exclude(stores: None, typed: str) -> None:
    assert ranks(typed) == []


def test_states_are_the_values_of_the_model() -> None:
    assert states_of(Run, "state").keys() == {str(value) for value, _ in Run._meta.get_field("state").choices or ()}
