import json

import pytest
from django.contrib.auth.models import Group

from migrations_app.models import AuditEntry, GivenAccess, Person, RoleGrant
from migrations_app.services import environments
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(people):
    """The admin of the cast, let into the site; no superuser."""
    people["admin"].is_staff = True
    people["admin"].save()
    return people["admin"]


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


def entries(action):
    return [json.loads(bytes(row.body)) for row in AuditEntry.objects.filter(action=action).order_by("seq")]


def test_the_trail_can_be_read_and_not_touched(site, admin, staging, now):
    environments.edit(actor=admin, now=now, environment_id=staging.pk, protected=True)
    written = bytes(AuditEntry.objects.get().body)

    page = site.get("/admin/migrations_app/auditentry/")
    entry = site.get("/admin/migrations_app/auditentry/1/change/")

    assert "admin changed environment “staging”" in page.content.decode()
    assert "&quot;protected&quot;: true" in entry.content.decode()
    assert site.post("/admin/migrations_app/auditentry/1/change/", {"actor": "nobody"}).status_code == 403
    assert site.post("/admin/migrations_app/auditentry/1/delete/", {"post": "yes"}).status_code == 403
    assert site.get("/admin/migrations_app/auditentry/add/").status_code == 403
    first, *refusals = (bytes(row.body) for row in AuditEntry.objects.order_by("seq"))
    assert first == written
    assert [json.loads(body)["outcome"] for body in refusals] == ["denied"] * 3


@pytest.mark.parametrize("model", ["environment", "policyversion", "target", "migration", "run"])
def test_the_rest_is_there_to_look_at(site, stage, model):
    stage.planned()

    assert site.get(f"/admin/migrations_app/{model}/").status_code == 200
    assert site.get(f"/admin/migrations_app/{model}/add/").status_code == 403


def test_staff_without_a_role_sees_nothing(client, people):
    people["outsider"].is_staff = True
    people["outsider"].save()
    client.force_login(people["outsider"])

    for model in ("auditentry", "person", "rolegrant"):
        assert client.get(f"/admin/migrations_app/{model}/").status_code == 403


def test_an_auditor_on_the_staff_reads_the_trail_only(client, people):
    people["auditor"].is_staff = True
    people["auditor"].save()
    client.force_login(people["auditor"])

    assert client.get("/admin/migrations_app/auditentry/").status_code == 200
    assert client.get("/admin/migrations_app/person/").status_code == 403


def test_a_person_is_made_and_recorded(site):
    made = site.post(
        "/admin/migrations_app/person/add/",
        {
            "username": "newcomer",
            "usable_password": "true",
            "password1": "correct-horse-1",
            "password2": "correct-horse-1",
        },
    )

    assert made.status_code == 302
    (entry,) = entries("person.create")
    assert (entry["actor"], entry["after"]["name"], entry["after"]["staff"]) == ("admin", "newcomer", False)
    assert GivenAccess.objects.get(group=None).person.username == "newcomer"
    assert "correct-horse" not in json.dumps(entry)


def test_nobody_is_called_what_the_trail_calls_snakeweb_itself(site, people):
    assert change(site, people["viewer"], username="Snakeweb").status_code == 200
    assert not entries("person.edit")


def change(site, person, **fields):
    given = {"username": person.username, "is_active": "on", **fields}
    return site.post(f"/admin/migrations_app/person/{person.pk}/change/", given)


def test_an_account_is_changed_and_recorded_with_before_and_after(site, people):
    assert change(site, people["viewer"], email="other@example.org").status_code == 302

    (entry,) = entries("person.edit")
    assert (entry["before"]["email"], entry["after"]["email"]) == ("viewer@example.org", "other@example.org")


def test_only_superusers_make_superusers(site, people):
    change(site, people["viewer"], is_superuser="on", is_staff="on")

    people["viewer"].refresh_from_db()
    assert (people["viewer"].is_superuser, people["viewer"].is_staff) == (False, False)


def test_a_superuser_is_out_of_reach(site, cast):
    boss = Person.objects.create_superuser("boss")

    assert change(site, boss, email="mine@example.org").status_code == 403
    assert site.post(f"/admin/migrations_app/person/{boss.pk}/password/", {}).status_code == 403


def test_whoever_finds_a_session_open_makes_no_way_in_of_their_own(site, staff):
    """Their own account's: what somebody else's gets decides nothing for a day."""
    had, own = staff.password, f"/admin/migrations_app/person/{staff.pk}"
    new = {"usable_password": "true", "password1": "correct-horse-2", "password2": "correct-horse-2"}
    for address, given in ((f"{own}/password/", new), (f"{own}/change/", {"email": "mine@example.org"})):
        assert site.get(address)["Location"].startswith("/accounts/reauthenticate/?next=")
        for spelt in (address, address.replace(f"/{staff.pk}/", f"/0{staff.pk}/")):
            assert site.post(spelt, {"username": "admin", "is_active": "on", **given})["Location"] == spelt
    staff.refresh_from_db()
    assert (staff.password, staff.email) == (had, "admin@example.org")
    assert "correct-horse" not in str(dict(site.session))

    assert signed_in("admin").post(f"{own}/password/", new).status_code == 302
    staff.refresh_from_db()
    assert staff.check_password("correct-horse-2")


def test_a_new_password_is_recorded_without_it(site, people):
    answer = site.post(
        f"/admin/migrations_app/person/{people['viewer'].pk}/password/",
        {"usable_password": "true", "password1": "correct-horse-2", "password2": "correct-horse-2"},
    )

    assert answer.status_code == 302
    (entry,) = entries("person.edit")
    assert entry["actor"] == "admin"
    assert "correct-horse" not in json.dumps(entry)
    (noted,) = GivenAccess.objects.all()
    assert (noted.person, noted.group, noted.given_by) == (people["viewer"], None, people["admin"])


def test_nobody_changes_their_own_groups_or_deletes_anybody(site, staff, people):
    group = Group.objects.create(name="approvers")

    change(site, staff, groups=[group.pk])

    assert not staff.groups.exists()
    assert site.post(f"/admin/migrations_app/person/{people['viewer'].pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_puts_somebody_into_a_group_is_noted(site, people):
    group = Group.objects.create(name="approvers")
    change(site, people["viewer"], groups=[group.pk], email=people["viewer"].email)

    (noted,) = GivenAccess.objects.all()
    assert (noted.person, noted.group, noted.given_by) == (people["viewer"], group, people["admin"])
    change(site, people["admin"], email="admin@example.com")  # one's own account is nobody else's gift
    assert GivenAccess.objects.count() == 1


def test_groups_are_managed_and_recorded(site):
    site.post("/admin/auth/group/add/", {"name": "night shift"})
    group = Group.objects.get(name="night shift")
    site.post(f"/admin/auth/group/{group.pk}/change/", {"name": "day shift"})

    assert [entry["after"]["name"] for entry in entries("group.create") + entries("group.edit")] == [
        "night shift",
        "day shift",
    ]
    RoleGrant.objects.create(group=group, role="viewer", granted_at="2026-03-01T12:00Z")
    assert site.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    RoleGrant.objects.filter(group=group).delete()
    assert site.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert entries("group.delete")


def test_a_grant_goes_through_its_service(site, people, staging):
    answer = site.post(
        "/admin/migrations_app/rolegrant/add/",
        {"person": people["outsider"].pk, "role": "viewer", "environment": staging.pk},
    )

    assert answer.status_code == 302
    grant = RoleGrant.objects.get(person=people["outsider"])
    assert grant.granted_by.username == "admin"
    assert [entry["after"]["holder"] for entry in entries("grant.create")] == ["outsider"]
    assert site.post(f"/admin/migrations_app/rolegrant/{grant.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [entry["before"]["role"] for entry in entries("grant.revoke")] == ["viewer"]


def test_a_grant_to_oneself_says_so_in_the_trail(site, staff):
    site.post("/admin/migrations_app/rolegrant/add/", {"person": staff.pk, "role": "approver"})

    assert RoleGrant.objects.get(role="approver", person=staff).granted_by == staff
    (entry,) = entries("grant.create")
    assert (entry["outcome"], entry["actor"], entry["after"]["holder"]) == ("allowed", "admin", "admin")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_becomes_a_message(site, people, settings):
    settings.SNAKEWEB_MIGRATION = {"enabled": False}
    answer = site.post(
        "/admin/migrations_app/rolegrant/add/", {"person": people["outsider"].pk, "role": "viewer"}, follow=True
    )

    assert "read-only maintenance mode" in answer.content.decode()
    assert not RoleGrant.objects.filter(person=people["outsider"]).exists()


def test_many_grants_are_revoked_one_by_one(site, people):
    doomed = RoleGrant.objects.exclude(person=people["admin"])
    keys = list(doomed.values_list("pk", flat=True))

    site.post(
        "/admin/migrations_app/rolegrant/",
        {"action": "delete_selected", "_selected_action": keys, "post": "yes"},
    )

    assert not doomed.exists()
    assert len(entries("grant.revoke")) == len(keys)
