"""The same rule by every door: pages, API in a browser's session, Django admin, service."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from migrations_app.models import Migration, MigrationEditor, Person, RoleGrant, Run, Signature
from migrations_app.services import waivers
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from tests.cast import actor_of
from tests.policies import in_force, without_any
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage, newest
from tests.waiving import TITLE, waive
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


WITH_A_FINDING = {"parallel_workers": 1, "batch_size": 10, "cleanup_source": True}  # that tests/waiving.py waives


def in_review(stage: Stage, **changes: Any) -> Migration:
    """The doors go by the real clock, so the review is open by that as well."""
    migration = submitted(stage, **changes)
    Migration.objects.filter(pk=migration.pk).update(review_expires_at=timezone.now() + timedelta(days=1))
    return migration


def by_api(
    client: Client, migration: Migration, operation: str, body: dict[str, object]
) -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/api/v1/migrations/{migration.pk}/{operation}", json.dumps(body), content_type="application/json"
    )
    return answer.status_code, answer.json()


def shown(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def decision(migration: Migration) -> dict[str, object]:
    return {"decision": "approve", "digest": newest(migration).digest}


@pytest.mark.parametrize("who", ["operator", "editor"])
def test_neither_author_nor_editor_signs_even_as_superusers(stage: Stage, people: dict[str, Person], who: str) -> None:
    migration = in_review(stage)
    person = people["operator" if who == "operator" else "second_approver"]
    if who == "editor":
        MigrationEditor.objects.create(migration=migration, person=person, revision=1)
    RoleGrant.objects.get_or_create(person=person, role="approver", environment=None, granted_at=stage.now)
    Person.objects.filter(pk=person.pk).update(is_superuser=True, is_staff=True)
    client = signed_in(person.username)

    page = client.get(f"/migrations/{migration.pk}/sign/").content.decode()
    assert "You cannot sign this plan:</strong> you wrote revision 1" in page
    sent = {**decision(migration), "read_back": newest(migration).digest[:4]}
    assert client.post(f"/migrations/{migration.pk}/sign/", sent).status_code in (302, 403)
    assert by_api(client, migration, "reviews", decision(migration))[0] == 403
    assert client.get("/admin/migrations_app/signature/add/").status_code == 404
    assert client.get(f"/admin/migrations_app/migration/{migration.pk}/change/").status_code == 200
    assert (
        client.post(f"/admin/migrations_app/migration/{migration.pk}/change/", {"review_state": "approved"}).status_code
        == 403
    )
    with pytest.raises(PermissionDenied, match="you wrote revision 1"):
        sign(actor_of(Person.objects.get(pk=person.pk), stage.now), migration, stage.now)

    assert not Signature.objects.exists()
    migration.refresh_from_db()
    assert migration.review_state == "in_review"


@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize("withdrawn", [False, True])
def test_whoever_waived_a_finding_does_not_sign_even_as_superuser(
    stage: Stage, people: dict[str, Person], approver: Actor, superuser: bool, withdrawn: bool
) -> None:
    migration = in_review(stage, options=WITH_A_FINDING)
    number = waive(approver, migration, stage.now)
    if withdrawn:
        waivers.withdraw(actor=approver, now=stage.now, migration_id=migration.pk, waiver_id=number)
    Person.objects.filter(username="approver").update(is_superuser=superuser, is_staff=True)
    client, digest = signed_in("approver"), newest(migration).digest
    because = f"you waived “{TITLE}” of this plan, and who answers for its risk does not sign it"

    assert f"You cannot sign this plan:</strong> {because}." in shown(client, f"/migrations/{migration.pk}/sign/")
    assert because in shown(client, f"/migrations/{migration.pk}/")
    sent = {**decision(migration), "read_back": digest[:4]}
    assert client.post(f"/migrations/{migration.pk}/sign/", sent).status_code in (302, 403)
    status, problem = by_api(client, migration, "reviews", decision(migration))
    assert (status, because in str(problem["detail"])) == (403, True)
    assert client.get("/admin/migrations_app/signature/add/").status_code == 404
    assert client.get("/admin/migrations_app/riskwaiver/").status_code == 404
    with pytest.raises(PermissionDenied, match="you waived"):
        sign(actor_of(people["approver"], stage.now), migration, stage.now)
    assert not Signature.objects.exists()

    seen = shown(signed_in("viewer"), f"/migrations/{migration.pk}/")
    assert "second_approver can sign" in seen
    assert f"<li>approver has waived “{TITLE}”</li>" in seen
    review = client.get(f"/api/v1/migrations/{migration.pk}").json()["review"]
    signer = next(each for each in review["signers"] if each["username"] == "approver")
    assert (signer["why_not"], signer["fits"]) == (f"has waived “{TITLE}”", False)


def test_without_a_policy_nothing_is_submitted_or_started(stage: Stage, approver: Actor) -> None:
    approved, later = in_review(stage), stage.planned(title="Later")
    sign(approver, approved, stage.now)
    without_any()
    client = signed_in("operator")

    assert (
        'No <a href="/policies/">policy</a> says who has to sign'
        in client.get(f"/migrations/{approved.pk}/").content.decode()
    )
    assert by_api(client, later, "submit", {})[1]["code"] == "no_policy"
    status, refused = by_api(client, approved, "execute", {})
    assert status == 409
    assert "no_policy" in {problem["code"] for problem in refused["problems"]}  # type: ignore[attr-defined]
    answer = client.post(f"/migrations/{later.pk}/submit/", follow=True)
    assert "No policy says who has to sign such a plan in staging" in answer.content.decode()
    assert not Run.objects.exists()


def test_a_signer_taken_out_of_the_group_fails_the_start(
    stage: Stage, approver: Actor, second_approver: Actor, people: dict[str, Person], admins: tuple[Actor, Actor]
) -> None:
    group = Group.objects.create(name="dba")
    people["second_approver"].groups.add(group)
    in_force(admins, stage.now, requirements=[{"group": "dba", "count": 1}])
    migration = in_review(stage)
    sign(approver, migration, stage.now)
    sign(second_approver, migration, stage.now)
    site = Client()
    Person.objects.filter(username="admin").update(is_staff=True)
    site.force_login(people["admin"])

    form = {"username": "second_approver", "is_active": "on", "groups": []}
    assert site.post(f"/admin/migrations_app/person/{people['second_approver'].pk}/change/", form).status_code == 302

    client = signed_in("operator")
    status, refused = by_api(client, migration, "execute", {})
    assert (status, "approvals_missing" in {p["code"] for p in refused["problems"]}) == (409, True)  # type: ignore[attr-defined]
    assert "1 more approval is needed: 1 member of dba." in client.get(f"/migrations/{migration.pk}/").content.decode()
    assert not Run.objects.exists()
