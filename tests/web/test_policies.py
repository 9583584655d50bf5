import pytest
from django.contrib.auth.models import Group
from django.test import Client

from migrations_app.models import Policy, PolicyVersion
from migrations_app.services.actor import Actor
from tests.stores_on_disk import Stage, newest
from tests.web.door import five_minutes_later, opened_form, shown_again, signed_in

pytestmark = pytest.mark.django_db

WISH = {
    "name": "Irreversible",
    "scope": "named",
    "environments": ["staging"],
    "types": ["session_migration"],
    "risk_at_least": "low",
    "zero_downtime": "",
    "irreversible": "no",
    "whom": ["group:dba", "role:approver", ""],
    "count": ["1", "1", "1"],
    "reason": "after the last time",
}


@pytest.fixture
def door(stage: Stage, second_admin: Actor) -> Client:
    Group.objects.create(name="dba")
    return signed_in("admin")


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_policy_is_proposed_looked_at_and_confirmed_by_another_admin(door: Client, stage: Stage) -> None:
    stage.planned(title="Move of yesterday")
    assert door.post("/policies/new/", WISH).status_code == 302
    made = Policy.objects.get(name="Irreversible")
    page = text(door, f"/policies/{made.pk}/")
    assert "asks for nothing yet" in page
    assert "You cannot confirm it: you proposed it: another admin has to." in page
    assert "after the last time" in page
    past = text(door, f"/policies/{made.pk}/versions/1/replay/")
    assert "Move of yesterday" in past
    assert "1 member of dba and 2 approvers" in past

    other = signed_in("second_admin")
    assert "Confirm: in force from now on" in text(other, f"/policies/{made.pk}/")
    assert other.post(f"/policies/{made.pk}/confirm/", {"number": "1"}).status_code == 302

    page = text(other, f"/policies/{made.pk}/")
    assert "session migrations without an irreversible step in staging" in page
    assert "confirmed by second_admin" in page
    assert "Irreversible" in text(signed_in("viewer"), "/policies/")


def test_a_comment_is_asked_for_in_the_form_and_where_one_signs(door: Client, stage: Stage) -> None:
    own = Policy.objects.get(name="Plans in staging")
    edit = f"/policies/{own.pk}/edit/"
    form = text(door, edit)
    assert '<input type="checkbox" id="comment_required" name="comment_required" value="1">' in form
    change = {**WISH, "irreversible": "", "whom": ["role:approver"], "count": ["1"], "comment_required": "1"}
    assert (
        door.post(f"/policies/{own.pk}/edit/", change | opened_form(door, f"/policies/{own.pk}/edit/")).status_code
        == 302
    )
    assert signed_in("second_admin").post(f"/policies/{own.pk}/confirm/", {"number": "2"}).status_code == 302
    assert "each with a comment" in text(door, f"/policies/{own.pk}/")
    assert 'value="1" checked>' in text(door, f"/policies/{own.pk}/edit/")

    migration = stage.planned()
    signed_in("operator").post(f"/migrations/{migration.pk}/submit/")
    path, digest = f"/migrations/{migration.pk}/sign/", newest(migration).digest
    approver = signed_in("approver")
    assert "The policy “Plans in staging” asks for a comment with each signature." in text(approver, path)
    sent = {"decision": "approve", "digest": digest, "read_back": digest[:4]}
    refused = approver.post(path, sent)
    assert refused.status_code == 422
    assert "asks for a comment with each signature; nothing was signed." in refused.content.decode()
    assert approver.post(path, {**sent, "comment": "I looked."}).status_code == 302


def test_confirming_asks_for_the_password_again_and_then_goes_on(door: Client) -> None:
    door.post("/policies/new/", WISH)
    made = Policy.objects.get(name="Irreversible")
    other = signed_in("second_admin")
    five_minutes_later(other)
    asked = other.post(f"/policies/{made.pk}/confirm/", {"number": "1"})
    assert PolicyVersion.objects.get(policy=made).state == "proposed"

    page = shown_again(other, asked).content.decode()

    assert "Confirmed. 0 open reviews asked for something else." in page
    assert PolicyVersion.objects.get(policy=made).state == "active"


def test_a_change_starts_from_what_is_in_force(door: Client) -> None:
    own = Policy.objects.get(name="Plans in staging")
    edit = f"/policies/{own.pk}/edit/"
    form = text(door, edit)
    assert '<option value="named" selected>' in form
    assert 'value="staging" checked' in form
    assert '<option value="role:approver" selected>' in form

    assert door.post(edit, {**WISH, **opened_form(door, edit), "whom": [""], "count": ["1"]}).status_code == 302

    assert "none: such a plan starts without one" in text(door, f"/policies/{own.pk}/")
    again = door.post(edit, WISH | opened_form(door, edit))
    assert again.status_code == 422
    assert "waits for its confirmation" in again.content.decode()
    assert door.post(f"/policies/{own.pk}/withdraw/", {"number": "2"}).status_code == 302
    assert door.post(f"/policies/{own.pk}/retire/", {"reason": "no more"}).status_code == 302
    assert "Proposed: end this policy" in text(door, f"/policies/{own.pk}/")


def test_problems_stand_at_their_fields_and_what_was_typed_stays(door: Client) -> None:
    wrong = {**WISH, "name": "", "environments": [], "whom": ["role:approver"], "count": ["many"]}
    answer = door.post("/policies/new/", wrong)

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "No environment is named." in shown
    assert "This has to be a whole number." in shown
    assert 'value="many"' in shown
    assert "after the last time" in shown
    assert not Policy.objects.filter(name="").exists()


def test_who_may_not_propose_sees_no_button_and_is_refused(door: Client) -> None:
    viewer = signed_in("viewer")
    assert "/policies/new/" not in text(viewer, "/policies/")
    own = Policy.objects.get(name="Plans in staging").pk
    assert f"/policies/{own}/edit/" not in text(viewer, f"/policies/{own}/")
    for path, sent in (("/policies/new/", WISH), (f"/policies/{own}/retire/", {})):
        refused = viewer.post(path, sent, follow=True).content.decode()
        assert "this needs the role admin" in refused
    assert not PolicyVersion.objects.filter(state="proposed").exists()
    assert signed_in("outsider").get(f"/policies/{own}/").status_code == 404


def test_the_page_of_a_migration_says_who_asks_for_what(door: Client, stage: Stage) -> None:
    door.post("/policies/new/", WISH)
    made = Policy.objects.get(name="Irreversible").pk
    signed_in("second_admin").post(f"/policies/{made}/confirm/", {"number": "1"})

    page = text(signed_in("operator"), f"/migrations/{stage.planned().pk}/")

    assert "1 member of dba and 2 approvers wanted" in page
    assert "Asked for by 2 policies" in page
    assert f'<a href="/policies/{made}/">Irreversible</a> version 1: 1 member of dba and 1 approver' in page
