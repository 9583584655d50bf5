"""A cursor goes on with the list that it came from, and with no other."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.api.cursors import opened, sealed
from migrations_app.services.actor import Actor
from migrations_app.services.errors import InvalidInput
from tests.api.door import program
from tests.api.stage import Stage


def context(path: str = "/api/v1/runs", **query: str) -> dict[str, object]:
    return {"request": RequestFactory().get(path, query)}


@given(st.text(min_size=1, max_size=40))
def test_what_was_sealed_is_opened_again(cursor: str) -> None:
    for there, again in (
        (context(), context(limit="3", state="")),
        (context(state="failed", kind="apply"), context(kind="apply", state="failed", cursor="x")),
    ):
        assert opened(sealed(cursor, there), again) == cursor


def test_nothing_is_no_cursor() -> None:
    assert (sealed("", context()), opened("", context())) == ("", "")


@given(st.text(max_size=60).filter(bool))
def test_what_is_made_up_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        opened(cursor, context())


@pytest.mark.parametrize("other", [context("/api/v1/migrations"), context(state="failed"), context("/api/v1/runs/1/x")])
def test_of_another_list_or_of_other_filters_it_is_refused(other: dict[str, object]) -> None:
    for ours, theirs in ((context(), other), (other, context())):
        with pytest.raises(InvalidInput, match="not one of this list with these filters") as refused:
            opened(sealed("7", ours), theirs)
    assert [problem["code"] for problem in refused.value.details["problems"]] == ["foreign_cursor"]


def test_of_another_snakeweb_it_is_refused_and_of_an_earlier_key_it_is_ours(settings: object) -> None:
    ours = sealed("7", context())
    earlier, settings.SECRET_KEY = settings.SECRET_KEY, "of another installation"  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput):
        opened(ours, context())
    settings.SECRET_KEY_FALLBACKS = [earlier]  # type: ignore[attr-defined]
    assert opened(ours, context()) == "7"


@pytest.mark.django_db(transaction=True)
def test_lists_of_both_kinds_say_so_at_the_door(here: Stage, admin: Actor) -> None:
    for number in range(3):
        here.migration(title=f"Move {number}")
    door = program(admin)
    cut = door.get("/migrations", limit=2, environment="dev").body["next_cursor"]
    whole = door.get("/targets", limit=1).body["next_cursor"]
    assert door.get("/migrations", cursor=cut, environment="dev").body["next_cursor"] == ""
    assert len(door.get("/targets", cursor=whole).body["items"]) == 1

    for path, query in (("/migrations", {"cursor": cut}), ("/targets", {"cursor": cut}), ("/runs", {"cursor": whole})):
        answer = door.get(path, **query)
        assert (answer.status, answer.fields) == (422, {"cursor"}), path
        assert "leave it out to begin" in answer.body["fix"]
