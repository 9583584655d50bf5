"""Break-glass over the API: programs never, people in a browser session; the list and its closing."""

from pathlib import Path

import pytest

from migrations_app.models import BreakGlass, Environment, Run
from migrations_app.services.actor import Actor
from tests.api.door import browser, five_minutes_later, program
from tests.api.stage import Stage, stage

pytestmark = pytest.mark.django_db(transaction=True)
WISH = {"reason": "Logins fail; the old store is full."}


@pytest.fixture
def planned(tmp_path: Path, operator: Actor, admin: Actor, staging: Environment) -> tuple[Stage, str, str]:
    """Neither signed nor rehearsed: stage, address, digest."""
    here = stage(tmp_path, operator, admin, staging)
    migration_id, digest = here.planned()
    return here, f"/migrations/{migration_id}/break-glass", digest


def test_a_token_is_sent_to_the_browser(planned: tuple[Stage, str, str]) -> None:
    here, path, digest = planned
    answer = here.operator.post(path, WISH | {"digest": digest})
    assert (answer.status, answer.code) == (403, "sign_in_required")
    assert answer.body["url"] == f"http://testserver{path}/"
    assert not Run.objects.exists()


def test_a_person_starts_it_and_another_closes_it(
    planned: tuple[Stage, str, str], operator: Actor, approver: Actor
) -> None:
    here, path, digest = planned
    door = browser(operator)
    answer = door.post(path, WISH | {"digest": digest})
    assert (answer.status, answer.body["run"]) == (202, Run.objects.get().pk), answer.content

    (listed,) = here.operator.get(path).body["items"]
    assert [each["code"] for each in listed["overridden"]] == ["approvals_missing", "dry_run_missing"]
    assert (listed["closed_at"], listed["reason"]) == (None, WISH["reason"])
    closing = f"{path}/{listed['id']}/close"
    assert program(approver).post(closing, {"comment": "fine"}).status == 403
    assert door.post(closing, {"comment": "fine"}).status == 403
    assert browser(approver).post(closing, {"comment": ""}).fields == {"comment"}
    late = browser(approver)
    five_minutes_later(late)
    refused = late.post(closing, {"comment": "fine"})
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert refused.body["url"].endswith(
        f"{path.removeprefix('/api')}/".replace("break-glass/", f"#break-glass-{listed['id']}")
    )
    (closed,) = browser(approver).post(closing, {"comment": "fine"}).body["items"]
    assert (closed["closed_by"], closed["comment"]) == ("approver", "fine")
    assert browser(approver).post(closing, {"comment": "again"}).code == "closed"
    assert browser(approver).post(f"{path}/{2**70}/close", {"comment": "again"}).status == 404


def test_without_a_fresh_proof_the_page_is_named(planned: tuple[Stage, str, str], operator: Actor) -> None:
    _, path, digest = planned
    door = browser(operator)
    five_minutes_later(door)
    answer = door.post(path, WISH | {"digest": digest})
    assert (answer.status, answer.code) == (403, "step_up_required")
    assert answer.body["url"] == f"http://testserver{path}/"


def test_what_it_never_overrides_and_a_thin_reason_are_problems(
    planned: tuple[Stage, str, str], operator: Actor
) -> None:
    _, path, digest = planned
    door = browser(operator)
    assert door.post(path, {"digest": digest, "reason": "because"}).fields == {"reason"}
    refused = door.post(path, WISH | {"digest": "0" * 64})
    assert (refused.status, refused.code) == (409, "digest_changed")
    assert not BreakGlass.objects.exists()


def test_an_admin_switches_it_off(planned: tuple[Stage, str, str], operator: Actor, staging: Environment) -> None:
    here, path, digest = planned
    changed = here.admin.patch(f"/environments/{staging.pk}", {"break_glass_allowed": False})
    assert changed.body["break_glass_allowed"] is False
    refused = browser(operator).post(path, WISH | {"digest": digest})
    assert (refused.status, refused.code) == (409, "break_glass_off")
