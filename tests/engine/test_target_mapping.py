import pytest

from migrations_app.engine.target_mapping import Candidate, suggest

BOTH = ("staging", "production")


def names(*given: str, store: str = "redis") -> list[Candidate]:
    return [Candidate(number, name, store) for number, name in enumerate(given, 1)]


@pytest.mark.parametrize(
    ("name", "candidates", "wanted"),
    [
        ("sessions-redis", names("cache", "sessions-redis"), ("sessions-redis", "same name")),
        ("staging-shop", names("production-bank", "production-shop"), ("production-shop", "same pattern")),
        ("shop-stg", names("bank-prod", "shop-prod"), ("shop-prod", "same pattern")),
        ("shop", names("shop-live", "bank-live"), ("shop-live", "same pattern")),
        ("whatever", names("the-only-one"), ("the-only-one", "only one of this kind")),
        ("shop", [*names("bank"), Candidate(2, "shop", "postgres")], ("bank", "only one of this kind")),
        ("shop", [*names("a", "b"), Candidate(3, "shop", "postgres")], ("shop", "same name")),
        ("shop", [*names("a", "b"), Candidate(3, "c", "redis", filled_role=True)], ("c", "filled this role")),
        ("shop", names("a", "b"), None),
        ("shop", names("prod-shop", "live-shop"), None),
        ("shop", [], None),
    ],
)
def test_what_is_suggested_and_why(name: str, candidates: list[Candidate], wanted: tuple[str, str] | None) -> None:
    found = suggest(name, "redis", candidates, environments=BOTH)

    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert {c.id: c.name for c in candidates}[found.id] == wanted[0]
        assert wanted[1] in found.why


def test_nothing_is_suggested_twice() -> None:
    candidates = names("shop", "spare")
    assert suggest("shop", "redis", candidates, environments=BOTH, taken=[1]) is not None
    assert suggest("shop", "redis", candidates, environments=BOTH, taken=[1, 2]) is None
