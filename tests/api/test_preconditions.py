"""An edit says which version it has seen, in the header or in the body; none is overwritten unseen."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.api.preconditions import version_to_edit
from migrations_app.api.problems import Unreadable
from migrations_app.models import Migration
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Refused
from tests.api.door import Answer, Door, browser, program
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


def test_a_target_is_edited_the_same_way(here: Stage) -> None:
    path = f"/targets/{here.source}"
    config = here.admin.get(path).body["config"]
    here.admin.headers["If-Match"] = here.admin.get(path).headers["ETag"]
    assert here.admin.patch(path, {"config": config}).status == 200
    here.admin.headers.pop("If-Match")
    assert here.admin.patch(path, {"config": config}).code == "precondition_required"


def test_what_is_kept_beside_a_migration_has_a_version_of_its_own(here: Stage, operator: Actor) -> None:
    migration = f"/migrations/{here.migration()}"
    path, doors = f"{migration}/keeping", [browser(operator) for _ in range(2)]
    assert doors[0].get(path).headers["ETag"] == '"1"'
    assert edited(doors[0], migration, "Renamed meanwhile", '"1"')[0] == 200

    def edit(number: int) -> Answer:
        return doors[number].send("patch", path, json.dumps({"ticket": f"OPS-{number}"}).encode(), If_Match='"1"')

    kept, lost = sorted(at_once(partial(edit, 0), partial(edit, 1)), key=lambda answer: answer.status)
    assert (kept.status, lost.status, lost.code) == (200, 412, "stale_edit")
    assert (kept.headers["ETag"], kept.body["keeping"]["version"], kept.body["version"]) == ('"2"', 2, 2)
    assert lost.body["details"] == {"version": 2}
    read = doors[1].get(path)
    assert (read.headers["ETag"], read.body["ticket"]) == ('"2"', kept.body["keeping"]["ticket"])
    assert doors[1].patch(path, {"ticket": "OPS-9"}).status == 200, "without a header any will do, as before"


FIRST = "2098-01-02T02:00:00"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
LATER = "2099-01-01T00:00:00Z"
RULE = {"name": "failures", "cause": "run_failed", "channels": ["{alert-channels}"]}
HOOK = {"name": "hook", "address": "https://127.0.0.1:1/", "kinds": ["run.failed"]}
WINDOW = {"environment_id": "{place}", "name": "nights", "zone": "UTC", "first": FIRST, "minutes": 60}
DRY_RUN = {"migration_id": "{migration}", "kind": "dry_run", "timing": "at", "at": TOMORROW}
EDITED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # how one is made, and an edit of it
    "alert-channels": ({"name": "mail", "kind": "mail", "address": "ops@example.org"}, {"name": "other"}),
    "alert-rules": (RULE, {"archived": True}),
    "environments": ({"name": "lab"}, {"description": "of the lab"}),
    "freezes": ({"reason": "audit", "begins_at": "2098-01-01T00:00:00Z", "ends_at": LATER}, {"reason": "the audit"}),
    "policies": ({"name": "all", "requirements": [{"role": "approver"}]}, {"comment_required": True}),
    "schedules": (DRY_RUN, {"grace_minutes": 9}),
    "tokens": ({"name": "ci", "scopes": ["read"]}, {"networks": ["192.0.2.0/24"]}),
    "webhooks": (HOOK, {"kinds": ["run.succeeded"]}),
    "windows": (WINDOW, {"minutes": 90}),
}


def test_of_two_edits_of_anything_that_saw_the_same_one_is_kept(here: Stage, admin: Actor, operator: Actor) -> None:
    """Every edit of the description is here, or above, and what is edited can be read by itself."""
    document = json.loads((Path(__file__).parent / "openapi.json").read_text())
    edits = {path.split("/")[3] for path, operations in document["paths"].items() if "patch" in operations}
    assert edits == {*EDITED, "migrations", "targets"}

    pairs = [[browser(whose) for _ in range(2)] for whose in (admin, operator)]
    made = {"place": here.environment.pk, "migration": here.planned()[0]}
    for noun, (wish, _) in EDITED.items():
        answer = pairs[noun == "schedules"][0].send("post", f"/{noun}", filled(wish, made))
        assert answer.status == 201, (noun, answer.content)
        made[noun] = answer.body["id"]
    in_force = pairs[0][0].get("/policies").body["items"]  # the new one has a proposal that waits already
    made["policies"] = next(row["id"] for row in in_force if row["active"] and row["active"]["requirements"])
    for noun, (_, change) in EDITED.items():
        path, doors = f"/{noun}/{made[noun]}", pairs[noun == "schedules"]
        row = next(row for row in doors[0].get(f"/{noun}").body["items"] if row["id"] == made[noun])
        one = doors[0].get(path)
        assert row.items() <= one.body.items(), noun
        seen = one.headers["ETag"]
        assert seen == f'"{row["version"]}"', noun

        def edit(one: Door, path: str = path, change: dict[str, Any] = change, seen: str = seen) -> Answer:
            return one.send("patch", path, json.dumps(change).encode(), If_Match=seen)

        kept, lost = sorted(at_once(*(partial(edit, one) for one in doors)), key=lambda answer: answer.status)
        assert (kept.status, lost.status, lost.code) == (200, 412, "stale_edit"), (noun, kept.content, lost.content)
        assert kept.headers["ETag"] == f'"{lost.body["details"]["version"]}"' != seen
        assert "was changed meanwhile" in lost.body["detail"]
        assert "Load it again" in lost.body["fix"]
        assert doors[1].get(path).headers["ETag"] == kept.headers["ETag"], "whoever was refused reads it again"
        assert edit(doors[0], seen=kept.headers["ETag"]).status in (200, 409), "a policy has a proposal that waits"


def filled(wish: dict[str, Any], made: dict[str, int]) -> bytes:
    text = json.dumps(wish)
    for name, number in made.items():
        text = text.replace(f'"{{{name}}}"', str(number))
    return text.encode()


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
