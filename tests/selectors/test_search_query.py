import pytest

from migrations_app.selectors.search_query import LONGEST, MOST_WORDS, SearchQuery, named, read, spellings

NAMES = {"run": "run", "runs": "run", "policies": "policy"}


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("kind:run state:failed env:prod carts", SearchQuery(("carts",), "run", "failed", "prod")),
        ("KIND:runs State:Rolled-Back", SearchQuery((), "run", "rolled_back")),
        ('"two words" three', SearchQuery(("two words", "three"))),
        ('state:"in review"', SearchQuery(state="in_review")),
        ("https://a.example:1/x kind: y", SearchQuery(("https://a.example:1/x", "kind:", "y"))),
        ("run 14", SearchQuery(("14",), "run")),
        ("runs #14", SearchQuery(("#14",), "run")),
        ("run twice", SearchQuery(("run", "twice"))),
        ("kind:moon x", SearchQuery(("x",), "moon")),
        ('"kind:run"', SearchQuery(("kind:run",))),
        ("a\x00b", SearchQuery(("ab",))),
        ('""', SearchQuery()),
        (" ".join("x" * MOST_WORDS) + " y z", SearchQuery(("x",) * MOST_WORDS, left_out=2)),
        ("x" * 10_000, SearchQuery(("x" * LONGEST,))),
    ],
)
def test_words_and_filters_are_told_apart(typed: str, query: SearchQuery) -> None:
    read_once = named(read(typed), NAMES)

    assert read_once == query
    if not query.left_out:
        assert named(read(read_once.text), NAMES) == query, "what is shown as the question asks for the same"


def test_numbers_and_digests_are_single_words() -> None:
    assert (read("#14").number, read("14").number, read("14 15").number, read("9" * 16).number) == (14, 14, None, None)
    assert (read("7C1E09").beginning, read("7c1e0").beginning, read("zz1e09").beginning) == ("7c1e09", "", "")


def test_letters_that_a_database_may_not_fold_are_tried_in_each_case() -> None:
    assert list(spellings("move")) == ["move"]
    assert set(spellings("überweisung")) == {"überweisung", "ÜBERWEISUNG", "Überweisung"}
