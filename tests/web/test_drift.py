"""A start that its targets refuse says field by field what they were planned with and what they are now."""

import re
from pathlib import Path

import pytest

from migrations_app.models import Environment, Migration, Run, Target
from migrations_app.services.actor import Actor
from tests.api.door import browser
from tests.api.stage import Stage, ran, stage
from tests.session_runs import fill
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filled(tmp_path: Path, operator: Actor, admin: Actor, dev: Environment) -> tuple[Stage, int, str]:
    """Ready to start, and then somebody put sessions into the empty target."""
    here = stage(tmp_path, operator, admin, dev)
    migration_id, digest = here.approved()
    fill(Target.objects.get(pk=here.sink).config, 7)
    return here, migration_id, digest


def test_the_api_names_target_field_planned_and_found(filled: tuple[Stage, int, str], operator: Actor) -> None:
    _, number, digest = filled
    answer = browser(operator).post(f"/migrations/{number}/execute", {"digest": digest})

    drifted = {(each["target"], each["field"]): each for each in (p["drift"] for p in answer.body["problems"])}
    records = drifted["sessions-b", "records"]
    assert (answer.status, records["planned"], records["found"]) == (409, "0", "7")
    assert not Run.objects.filter(kind="apply").exists()


@pytest.mark.parametrize("way", ["execute", "break-glass"])
def test_the_page_shows_them_side_by_side_with_what_else_is_missing(filled: tuple[Stage, int, str], way: str) -> None:
    here, number, digest = filled
    if way == "break-glass":
        Run.objects.filter(migration=number).update(ended_at="2020-01-01T00:00:00Z")  # an old dry run
    given = {"digest": digest, "read_back": digest[:4], "reason": "Logins fail; the old store is full."}
    answer = signed_in("operator").post(f"/migrations/{number}/{way}/", given)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert re.search(r"<td>sessions-b</td><td>records</td><td>0</td><td><strong>7</strong></td>", text)
    assert Migration.objects.get(pk=number).status == "planned"
    assert here.operator.get(f"/migrations/{number}").body["status"] == "planned"


def test_without_drift_the_page_comes_back_as_ever(
    tmp_path: Path, operator: Actor, admin: Actor, dev: Environment
) -> None:
    here = stage(tmp_path, operator, admin, dev)
    number, digest = here.planned()
    answer = signed_in("operator").post(f"/migrations/{number}/execute/", {"digest": digest}, follow=True)

    assert "No dry run of this plan has passed." in answer.content.decode()
    assert ran(here.operator.post(f"/migrations/{number}/validate")).state == "succeeded"
