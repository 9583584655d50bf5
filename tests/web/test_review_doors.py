"""What is promised of signatures, by every door: the pages, the API, and the admin site, which has no way in at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.models import Environment, Migration, Run, Signature
from migrations_app.services.actor import Actor
from tests.api.door import browser
from tests.api.stage import Stage, ran, stage
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Plan:
    here: Stage
    id: int
    digest: str

    @property
    def migration(self) -> Migration:
        return Migration.objects.get(pk=self.id)

    def edited(self, **options: Any) -> str:
        """Edited and planned again; the digest of the new plan."""
        self.here.operator.patch(f"/migrations/{self.id}", {"version": self.migration.version, "options": options})
        return str(self.here.operator.post(f"/migrations/{self.id}/plan").body["digest"])


@pytest.fixture
def plan(tmp_path: Path, operator: Actor, admin: Actor, staging: Environment) -> Plan:
    """In staging, which wants one signature: rehearsed and submitted."""
    here = stage(tmp_path, operator, admin, staging)
    migration_id, digest = here.planned()
    ran(here.operator.post(f"/migrations/{migration_id}/validate"))
    here.operator.post(f"/migrations/{migration_id}/submit", {"digest": digest})
    return Plan(here, migration_id, digest)


def sign_on_page(actor: Actor, plan: Plan, digest: str) -> str:
    """What the person reads then."""
    given = {"decision": "approve", "digest": digest, "read_back": digest[:4]}
    answer = signed_in(actor.username).post(f"/migrations/{plan.id}/sign/", given, follow=True)
    return f"{answer.request['PATH_INFO']} {answer.content.decode()}"


def sign_by_api(actor: Actor, plan: Plan, digest: str) -> str:
    answer = browser(actor).post(f"/migrations/{plan.id}/reviews", {"digest": digest, "decision": "approve"})
    return f"{answer.status} {answer.content.decode()}"


def start_on_page(actor: Actor, plan: Plan) -> str:
    answer = signed_in(actor.username).post(f"/migrations/{plan.id}/execute/", {"digest": plan.digest}, follow=True)
    return answer.content.decode()


def start_by_api(actor: Actor, plan: Plan) -> str:
    return browser(actor).post(f"/migrations/{plan.id}/execute", {"digest": plan.digest}).content.decode()


SIGNING = pytest.mark.parametrize("sign", [sign_on_page, sign_by_api])
STARTING = pytest.mark.parametrize("start", [start_on_page, start_by_api])
Sign = Callable[[Actor, Plan, str], str]
Start = Callable[[Actor, Plan], str]


@SIGNING
def test_an_old_digest_signs_nothing_and_the_difference_is_shown(plan: Plan, approver: Actor, sign: Sign) -> None:
    fresh = plan.edited(batch_size=5)
    plan.here.operator.post(f"/migrations/{plan.id}/submit", {"digest": fresh})

    said = sign(approver, plan, plan.digest)

    assert "The plan has changed since you looked at it" in said
    if sign is sign_by_api:
        assert said.startswith("409 ")
        assert '"seen": 1' in said
        assert '{"field": "options.batch_size", "before": "10", "after": "5"}' in said
    else:
        assert said.startswith(f"/migrations/{plan.id}/revisions/1/2/ ")
        assert "<del>10</del>" in said
        assert "<ins>5</ins>" in said
    assert not Signature.objects.exists()
    assert plan.migration.review_state == "in_review"


@SIGNING
@STARTING
def test_the_same_plan_again_keeps_its_signatures_and_starts(
    plan: Plan, approver: Actor, operator: Actor, sign: Sign, start: Start
) -> None:
    sign(approver, plan, plan.digest)

    again = plan.here.operator.post(f"/migrations/{plan.id}/plan").body

    assert (again["changed"], again["digest"], again["revision"]) == (False, plan.digest, 2)
    assert plan.migration.review_state == "approved"
    start(operator, plan)
    assert Run.objects.filter(kind="apply").count() == 1


@SIGNING
@STARTING
def test_another_plan_voids_and_says_who_did_it_and_what_changed(
    plan: Plan, approver: Actor, operator: Actor, sign: Sign, start: Start
) -> None:
    sign(approver, plan, plan.digest)

    plan.edited(batch_size=5)

    assert Signature.objects.get().voided_because == "operator edited the migration"
    page = signed_in("viewer").get(f"/migrations/{plan.id}/").content.decode()
    assert "the decision of approver no longer counts" in page
    assert "operator edited the migration" in page
    assert re.search(r"changed: [^<]*\d options?", page)
    assert "it is now" in start(operator, plan)
    assert not Run.objects.filter(kind="apply").exists()


@STARTING
def test_expired_approvals_start_nothing(plan: Plan, approver: Actor, operator: Actor, start: Start) -> None:
    sign_by_api(approver, plan, plan.digest)
    Migration.objects.update(review_expires_at=timezone.now() - timedelta(seconds=1))

    assert "The approvals have expired." in start(operator, plan)
    assert not Run.objects.filter(kind="apply").exists()


def test_the_admin_site_signs_voids_and_starts_nothing(plan: Plan, approver: Actor, client: Client) -> None:
    sign_by_api(approver, plan, plan.digest)
    boss = type(Signature.objects.get().person).objects.create_superuser("boss", "boss@example.org", "x")
    client.force_login(boss)

    for path in ("migration", "run"):
        assert client.post(f"/admin/migrations_app/{path}/add/", {}).status_code == 403
    for action in ("change", "delete"):
        posted = client.post(f"/admin/migrations_app/migration/{plan.id}/{action}/", {"review_state": "rejected"})
        assert posted.status_code == 403
    for path in ("signature", "breakglass"):
        assert client.get(f"/admin/migrations_app/{path}/").status_code == 404
    assert plan.migration.review_state == "approved"
