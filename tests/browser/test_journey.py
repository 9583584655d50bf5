"""The main job in the browser: write, sign, start and watch a real move from Redis to PostgreSQL."""

import re

import pytest
from playwright.sync_api import expect

from migrations_app.models import RunEvent
from migrations_app.testing.servers import PostgresServer, RedisServer
from tests.browser.pages import SLOW, AuthoringPage, MigrationPage, RunPage, SigningPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import add_target
from tests.cast import Cast
from tests.parallel import in_thread, wait_for
from tests.session_runs import fill

pytestmark = [pytest.mark.browser, pytest.mark.servers]

SESSIONS = 2_000


@pytest.fixture
def stores(company: Cast, empty_redis: RedisServer, empty_postgres: PostgresServer) -> None:
    redis = empty_redis.config(prefix="session:")
    fill(redis, SESSIONS, empty_redis.secrets)
    add_target(company, "staging", "sessions-redis", redis, **empty_redis.secrets)
    add_target(company, "staging", "sessions-postgres", empty_postgres.config(), **empty_postgres.secrets)


def test_a_migration_is_written_signed_started_and_watched(stores: None, company: Cast, busy_site: Site) -> None:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    web = busy_site.web()
    busy_site.dispatcher()
    workers = [busy_site.worker("one"), busy_site.worker("two")]
    for worker in workers:
        worker.wait_ready()

    with People(busy_site.url) as people:
        author = people.sign_in("operator")
        plan = written(author_form := AuthoringPage(author))
        expect(plan.why_not_sign).to_contain_text("you wrote revision 1")

        plan.next_action.click()  # the dry run
        dry_run = RunPage(author_form.page)
        dry_run.ends_as("succeeded")
        plan.open(migration_id := plan_id(dry_run))
        plan.more(
            "Submit for review"
        ) if plan.next_action.inner_text() != "Submit for review" else plan.next_action.click()

        approver = people.sign_in("approver", phone=True, dark=True)
        SigningPage(approver).open(migration_id).sign()
        expect(approver.locator(".toasts")).to_contain_text("Signed")

        plan.open(migration_id)
        plan.next_action.click()
        run = RunPage(author)
        expect(run.live).to_contain_text("live", timeout=SLOW)
        watching = RunPage(approver).open(run.id)
        for page in (run, watching):
            page.mark()
        reached = run.progress
        wait_for(lambda: run.progress > reached, 60, "progress")

        web.kill()
        expect(run.live).to_contain_text("reconnecting", timeout=SLOW)
        busy_site.web()
        expect(run.live).to_have_attribute("data-state", re.compile("live|ended"), timeout=SLOW)
        people.complaints.clear()  # that nobody answered for a while

        for page in (run, watching):
            page.ends_as("succeeded")
            assert not page.reloaded
        newest = in_thread(lambda: RunEvent.objects.filter(run_id=run.id).count())
        wait_for(lambda: run.sequence and run.sequence[-1] == newest, what="the newest line of the log")
        assert run.sequence == list(range(run.sequence[0], newest + 1))
        assert watching.sequence[-1] == newest

        author.get_by_role("link", name="Report").click()
        integrity = author.get_by_role("region", name="Integrity")
        expect(integrity).to_contain_text(re.compile(rf"Compared\s*{SESSIONS:,}\s*Mismatches\s*0"))
        assert people.complaints == []


def written(form: AuthoringPage) -> MigrationPage:
    form.open().page.get_by_label(re.compile("^Title")).fill("Move sessions to PostgreSQL")
    form.choose("staging", "sessions-redis", "sessions-postgres")
    form.page.get_by_label("Batch size").fill("10")
    form.page.get_by_label("Parallel workers").fill("2")
    form.save_and_plan()
    plan = MigrationPage(form.page)
    expect(form.page.get_by_role("heading", level=1)).to_have_text("Move sessions to PostgreSQL")
    return plan


def plan_id(run: RunPage) -> int:
    link = run.page.locator("#run-header .crumb a").get_attribute("href") or ""
    return int(link.strip("/").rpartition("/")[2])
