"""An edit says which version it has seen, in the header or in the body; none is overwritten unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.api.preconditions import version_to_edit
from migrations_app.api.problems import Unreadable
from migrations_app.models import Migration
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Refused
from tests.api.door import Door, program
from tests.api.stage import Stage
from tests.parallel import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def edited(door: Door, path: str, title: str, if_match: str | None = None, **body: object) -> tuple[int, str]:
    door.headers.pop("If-Match", None)
    if if_match is not None:
        door.headers["If-Match"] = if_match
    answer = door.patch(path, {"title": title, **body})
    door.headers.pop("If-Match", None)
    return answer.status, answer.headers.get("ETag", "") if answer.status == 200 else answer.code


def test_an_edit_names_what_it_has_seen(here: Stage) -> None:
    path = f"/migrations/{here.migration()}"
    door = here.operator
    assert door.get(path).headers["ETag"] == '"1"'

    assert edited(door, path, "Two", '"1"') == (200, '"2"')
    assert edited(door, path, "Late", '"1"') == (412, "stale_edit")
    assert edited(door, path, "Three", 'W/"2", "1", "2"') == (200, '"3"')
    assert edited(door, path, "Weak", 'W/"3"') == (412, "stale_edit")
    assert edited(door, path, "Four", "*") == (200, '"4"')
    assert edited(door, path, "Five", version=4) == (200, '"5"')
    assert edited(door, path, "Both", '"5"', version=4) == (422, "invalid_input")
    assert edited(door, path, "Neither") == (428, "precondition_required")
    assert edited(door, path, "None", "5") == (400, "invalid_header")
    assert door.get(path).body["title"] == "Five"


def test_a_target_is_edited_the_same_way_and_what_has_no_version_says_so(here: Stage) -> None:
    path = f"/targets/{here.source}"
    config = here.admin.get(path).body["config"]
    here.admin.headers["If-Match"] = here.admin.get(path).headers["ETag"]
    assert here.admin.patch(path, {"config": config}).status == 200
    place = f"/environments/{here.environment.pk}"
    assert here.admin.patch(place, {"description": "x"}).code == "stale_edit"
    here.admin.headers["If-Match"] = "*"
    assert here.admin.patch(place, {"description": "y"}).status == 200
    here.admin.headers.pop("If-Match")
    assert here.admin.patch(path, {"config": config}).code == "precondition_required"
    assert here.admin.get(place).body["description"] == "y"


def test_of_many_at_once_who_saw_the_same_version_one_edits(here: Stage, operator: Actor) -> None:
    migration_id = here.migration()
    doors = [program(operator) for _ in range(4)]

    def edit(number: int) -> int:
        return edited(doors[number], f"/migrations/{migration_id}", f"Edit {number}", '"1"')[0]

    assert sorted(at_once(*(lambda n=n: edit(n) for n in range(4)))) == [200, 412, 412, 412]
    assert Migration.objects.get(pk=migration_id).version == 2


class Asked:
    def __init__(self, header: str) -> None:
        self.headers = {"If-Match": header}


@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(['"3"', 'W/"3"', '"03"', '"3 "', "*", '"', "3", '""', '"9999999999999"', ","])).map(
            ",".join
        ),
    ),
    st.one_of(st.none(), st.integers(min_value=-1, max_value=5)),
)
def test_whatever_the_header_says_only_the_version_it_names_passes(header: str, given_version: int | None) -> None:
    try:
        version = version_to_edit(Asked(header), given_version, lambda: 3)  # type: ignore[arg-type]
    except (Unreadable, Refused):
        return
    strong = [part.strip() for part in header.split(",")]
    if version == 3:
        assert "*" in strong or '"3"' in strong
    elif given_version is not None:
        assert version == given_version
