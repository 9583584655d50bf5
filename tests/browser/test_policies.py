"""A policy, as two admins make it and an author meets it."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from migrations_app.models import Person, RoleGrant
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def two_admins(company: Cast) -> None:
    Group.objects.create(name="dba")
    second = Person.objects.create_user("second_admin", "second_admin@example.org", PASSWORD)
    RoleGrant.objects.create(person=second, role="admin", granted_at=NOW)


def test_one_admin_proposes_and_another_confirms(two_admins: None, people: People) -> None:
    first = people.sign_in("admin")
    first.goto("/policies/")
    first.get_by_role("link", name="Propose a policy").click()
    first.get_by_label("Name").fill("Irreversible changes")
    first.get_by_label("In", exact=True).select_option("protected environments")
    first.get_by_label("Steps that cannot be undone").select_option("only with")
    first.get_by_label("Who, line 2").select_option("approvers in the group dba")
    first.get_by_label("How many, line 2").fill("2")
    first.get_by_label("Reason, for the other admin").fill("Nobody can take them back.")
    first.get_by_role("button", name="Propose").click()

    expect(first.get_by_role("region", name="Proposed version 1")).to_contain_text("2 approvers in the group dba")
    expect(first.locator("#why-not")).to_contain_text("you proposed it: another admin has to")
    first.get_by_role("link", name="What would it have asked for?").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("What version 1 would have asked for")

    second = people.sign_in("second_admin", phone=True, dark=True)
    second.goto("/inbox/")
    expect(second.locator("main")).to_contain_text("admin proposes the policy “Irreversible changes”")
    second.goto("/policies/")
    second.get_by_role("link", name="Irreversible changes").click()
    second.get_by_role("button", name=re.compile("^Confirm")).click()

    expect(second.locator(".toasts")).to_contain_text("Confirmed")
    expect(second.get_by_role("region", name="In force: version 1")).to_contain_text("with an irreversible step")
