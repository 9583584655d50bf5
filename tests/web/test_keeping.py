from datetime import datetime

import pytest

from migrations_app.models import Migration, RoleGrant
from migrations_app.services import keeping
from tests.stores_on_disk import Stage
from tests.web.door import opened_form, signed_in, untouched

pytestmark = pytest.mark.django_db


def test_ticket_and_owner_are_kept_on_a_page_of_their_own(stage: Stage) -> None:
    made = stage.planned().pk
    door = signed_in("operator")
    assert '<option value="admin">' in door.get(f"/migrations/{made}/keeping/").content.decode()

    seen = opened_form(door, f"/migrations/{made}/keeping/")
    wrong = door.post(f"/migrations/{made}/keeping/", seen | {"ticket": "x" * 301, "owner": "outsider"})
    assert wrong.status_code == 422
    assert "Nobody called “outsider”" in wrong.content.decode()
    sent = {"ticket": "https://tickets.example/OPS-7", "owner": "admin", **seen}
    assert door.post(f"/migrations/{made}/keeping/", sent).status_code == 302

    page = door.get(f"/migrations/{made}/").content.decode()
    assert '<a href="https://tickets.example/OPS-7" rel="noreferrer">' in page


def test_a_ticket_says_nothing_about_the_owner(stage: Stage, now: datetime) -> None:
    """Whoever reads it as its author's leaves it so, and somebody who lost their role stays until another is chosen."""
    made = stage.migration()
    path, door = f"/migrations/{made.pk}/keeping/", signed_in("operator")
    form = untouched(door.get(path).content)
    assert form["owner"] == [""]
    assert door.post(path, form | {"ticket": "OPS-7"}).status_code == 302
    made.refresh_from_db()
    assert (made.ticket, made.owner) == ("OPS-7", None)
    keeping.describe(actor=stage.operator, now=now, migration_id=made.pk, owner="auditor")
    RoleGrant.objects.filter(person__username="auditor").delete()

    page = door.get(path).content

    assert '<option value="auditor" selected>auditor, who no longer sees it</option>' in page.decode()
    assert door.post(path, untouched(page) | {"ticket": "OPS-8"}).status_code == 302
    made.refresh_from_db()
    assert (made.ticket, made.owner.username if made.owner else "") == ("OPS-8", "auditor")
    assert door.post(path, untouched(door.get(path).content) | {"owner": ""}).status_code == 302
    assert "auditor" not in door.get(path).content.decode(), "nobody without a role is offered anew"


def test_an_address_that_is_no_web_page_is_no_link(stage: Stage) -> None:
    made = stage.migration().pk
    Migration.objects.update(ticket="javascript:alert(1)")

    page = signed_in("viewer").get(f"/migrations/{made}/").content.decode()

    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_watching_and_the_archive(stage: Stage) -> None:
    made = stage.migration(title="Old move").pk
    door = signed_in("operator")
    assert door.post(f"/migrations/{made}/watch/").status_code == 302
    assert "Watch no more" in door.get(f"/migrations/{made}/").content.decode()
    assert door.post(f"/migrations/{made}/unwatch/").status_code == 302

    assert door.post(f"/migrations/{made}/archive/").status_code == 302

    assert "Old move" not in door.get("/migrations/?all").content.decode()
    archived = door.get("/migrations/?archived=1").content.decode()
    assert "Old move" in archived
    assert 'name="archived" value="1"' in archived
    assert '<span class="badge">archived</span>' in door.get(f"/migrations/{made}/").content.decode()
    assert door.post(f"/migrations/{made}/restore/").status_code == 302
    assert "Old move" in door.get("/migrations/?all").content.decode()
