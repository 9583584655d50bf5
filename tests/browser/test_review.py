"""Writing, submitting and signing, as three people do it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from migrations_app.models import Signature
from tests.browser.pages import AuthoringPage, ConfirmPresencePage, MigrationPage, SigningPage
from tests.browser.people import People
from tests.browser.stores import small_stores
from tests.cast import Cast
from tests.parallel import in_thread

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def stores(company: Cast, tmp_path: Path) -> None:
    small_stores(company, tmp_path)


def test_the_author_submits_and_cannot_sign_and_an_approver_signs(stores: None, people: People) -> None:
    author = people.sign_in("operator")
    form = AuthoringPage(author).open()
    author.get_by_label(re.compile("^Title")).fill("Move sessions")
    form.choose("staging", "sessions-old", "sessions-new").save_and_plan()

    plan = MigrationPage(author)
    expect(author.get_by_role("heading", level=1)).to_have_text("Move sessions")
    expect(plan.why_not_sign).to_contain_text("you wrote revision 1")
    expect(plan.section("Changes").get_by_role("row")).to_have_count(9)
    plan.more("Submit for review")
    expect(author.locator(".meta")).to_contain_text("in review")

    approver = people.sign_in("approver")
    expect(approver.locator("main")).to_contain_text("Move sessions")
    seen = MigrationPage(approver).open(plan.id)
    expect(seen.section("Risk")).to_contain_text("of 100")
    expect(seen.section("Changes")).to_contain_text("Rollback steps")
    seen.next_action.click()
    signing = SigningPage(approver)
    digest = signing.digest
    signing.decide("^Sign", read_back="zzzz")
    expect(approver.locator(".read-back .problem")).to_contain_text("not how the digest begins")
    signing.sign()

    expect(approver.locator(".toasts")).to_contain_text("Signed")
    expect(seen.section("Signatures")).to_contain_text("counts")
    expect(approver.locator(".meta")).to_contain_text("approved")
    assert in_thread(lambda: list(Signature.objects.values_list("digest", flat=True))) == [digest]


def test_every_problem_stands_at_its_field_with_its_fix(stores: None, people: People) -> None:
    page = people.sign_in("operator")
    form = AuthoringPage(page).open()
    form.choose("staging", "sessions-old", "sessions-old")
    page.get_by_label("Batch size").fill("0")
    form.save_and_plan()

    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    expect(form.problem("Title")).to_be_visible()
    expect(form.problem("Batch size")).to_contain_text("from 1 to 100000")
    expect(page.get_by_label("Batch size")).to_have_value("0")


def test_a_signature_asks_for_the_password_when_it_is_old_and_keeps_what_was_written(
    stores: None, people: People, company: Cast
) -> None:
    author = people.sign_in("operator")
    AuthoringPage(author).open().choose("staging", "sessions-old", "sessions-new")
    author.get_by_label(re.compile("^Title")).fill("Move sessions")
    AuthoringPage(author).save_and_plan()
    MigrationPage(author).more("Submit for review")
    plan = MigrationPage(author).id

    approver = people.sign_in("approver")
    SigningPage(approver).open(plan)
    in_thread(lambda: _let_proofs_age(minutes=10))
    SigningPage(approver).decide("^Decline", comment="Not before the backup is checked.")
    ConfirmPresencePage(approver).confirm()

    expect(approver.locator(".toasts")).to_contain_text("Declined")
    expect(approver.locator("main")).to_contain_text("Not before the backup is checked.")


def _let_proofs_age(minutes: int) -> None:
    """As if everybody had signed in that long ago."""
    for session in Session.objects.all():
        values = session.get_decoded()
        for record in values.get("account_authentication_methods", []):
            record["at"] -= timedelta(minutes=minutes).total_seconds()
        Session.objects.filter(pk=session.pk).update(session_data=Session.objects.encode(values))
