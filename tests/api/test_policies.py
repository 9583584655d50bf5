import pytest
from django.contrib.auth.models import Group

from migrations_app.services.actor import Actor
from tests.api.door import browser, five_minutes_later, program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

WISH = {
    "name": "High risk",
    "conditions": {"risk_at_least": "high", "scope": "protected"},
    "requirements": [{"group": "dba", "count": 2}, {"role": "approver"}],
    "reason": "the new law",
}


@pytest.fixture
def dba(db: None) -> Group:
    return Group.objects.create(name="dba")


def test_a_policy_is_proposed_by_a_program_and_confirmed_by_another_admin_in_a_browser(
    dba: Group, admin: Actor, second_admin: Actor, viewer: Actor
) -> None:
    door = program(admin)
    made = door.post("/policies", WISH)
    assert made.status == 201, made.content
    where = f"/policies/{made.body['id']}"
    assert (made.body["active"], made.body["proposal"]["requires"]) == (None, "2 members of dba and 1 approver")

    assert door.post(f"{where}/confirm", {"version": 1}).code == "sign_in_required"
    assert browser(admin).post(f"{where}/confirm", {"version": 1}).code == "permission_denied"
    late = browser(second_admin)
    five_minutes_later(late)
    refused = late.post(f"{where}/confirm", {"version": 1})
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert refused.body["url"] == f"http://testserver{where}/"
    done = browser(second_admin).post(f"{where}/confirm", {"version": 1})

    assert done.status == 200, done.content
    assert (done.body["reviews_changed"], done.body["policy"]["active"]["number"]) == (0, 1)
    seen = program(viewer).get(where).body
    assert seen["active"]["about"] == "plans of high risk in protected environments"
    assert seen["active"]["confirmed_by"] == "second_admin"
    assert program(viewer).get("/policies").body["total"] == 4
    again = browser(second_admin).post(f"{where}/confirm", {"version": 1})
    assert (again.status, again.code) == (409, "not_proposed")


def test_patch_is_a_proposal_of_the_whole_with_what_was_left_out(dba: Group, admin: Actor, second_admin: Actor) -> None:
    door = program(admin)
    where = f"/policies/{door.post('/policies', WISH | {'comment_required': True}).body['id']}"
    browser(second_admin).post(f"{where}/confirm", {"version": 1})

    silent = door.patch(where, {"comment_required": False})
    assert silent.body["proposal"]["comment_required"] is False
    door.post(f"{where}/withdraw", {"version": 2})
    changed = door.patch(where, {"requirements": [{"role": "approver", "count": 3}]})

    assert changed.status == 200, changed.content
    assert changed.body["active"]["requires"] == "2 members of dba and 1 approver, each with a comment"
    proposal = changed.body["proposal"]
    assert (proposal["number"], proposal["requires"], proposal["risk_at_least"], proposal["scope"]) == (
        3,
        "3 approvers, each with a comment",
        "high",
        "protected",
    )
    assert proposal["comment_required"] is True
    assert door.patch(where, {}).status == 409
    assert door.post(f"{where}/withdraw", {"version": 3}).body["proposal"] is None
    assert door.post(f"{where}/retire").body["proposal"]["retires"] is True


def test_problems_are_named_by_field_and_strangers_are_refused(
    dba: Group, admin: Actor, operator: Actor, outsider: Actor
) -> None:
    bad = {**WISH, "conditions": {"scope": "named"}, "requirements": [{"role": "king"}, {"group": "nobody"}]}
    assert program(admin).post("/policies", bad).fields == {
        "conditions.environments",
        "requirements.0.role",
        "requirements.1.group",
    }
    assert program(operator).post("/policies", WISH).code == "permission_denied"
    assert program(admin, scopes=["operate"]).post("/policies", WISH).code == "permission_denied"
    made = program(admin).post("/policies", WISH).body["id"]
    assert program(outsider).get(f"/policies/{made}").status == 404


def test_what_it_would_have_asked_for(dba: Group, admin: Actor) -> None:
    door = program(admin)
    made = door.post("/policies", WISH).body["id"]

    found = door.get(f"/policies/{made}/versions/1/replay").body

    assert (found["policy"], found["rows"], found["scanned"], found["next_cursor"]) == ("High risk", [], 0, "")
    assert door.get(f"/policies/{made}/versions/7/replay").status == 404


def test_an_environment_says_how_many_sign_and_leads_to_the_policies(admin: Actor) -> None:
    door = program(admin)
    made = door.post("/environments", {"name": "lab", "required_approvals": 2}).body

    assert made["required_approvals"] == 2
    assert door.patch(f"/environments/{made['id']}", {"required_approvals": 2}).status == 200
    refused = door.patch(f"/environments/{made['id']}", {"required_approvals": 1})
    assert refused.fields == {"required_approvals"}
    assert "a second admin confirms it" in refused.body["problems"][0]["fix"]
