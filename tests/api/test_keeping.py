import pytest

from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.api.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_ticket_owner_watching_and_archive(here: Stage, viewer: Actor) -> None:
    made = here.migration()
    where = f"/migrations/{made}"
    door = here.operator

    kept = door.patch(f"{where}/keeping", {"ticket": "OPS-7", "owner": "admin"}).body["keeping"]
    assert (kept["ticket"], kept["owner_username"], kept["watching"]) == ("OPS-7", "admin", False)
    assert door.patch(f"{where}/keeping", {"owner": "nobody"}).fields == {"owner"}
    seen = program(viewer)
    assert seen.post(f"{where}/watch").body["keeping"]["watchers"] == ["viewer"]
    assert seen.post(f"{where}/unwatch").body["keeping"]["watchers"] == []
    assert seen.post(f"{where}/archive").code == "permission_denied"

    assert door.post(f"{where}/archive").body["keeping"]["archived_at"]
    assert (door.get("/migrations").body["total"], door.get("/migrations", archived=True).body["total"]) == (0, 1)
    assert door.post(f"{where}/restore").body["keeping"]["archived_at"] is None
    assert door.get("/migrations").body["total"] == 1
    door.post(f"{where}/plan")
    assert door.post(f"{where}/archive").code == "not_ended"
