"""The list of migrations: its address is its state, and it asks the database a fixed number of questions."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from migrations_app.models import Migration, SavedFilter
from migrations_app.services.actor import Actor
from migrations_app.web.migration_list import asked_for
from tests import policies
from tests.cast import Cast
from tests.runs import migration as another
from tests.runs import plan, step
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def test_the_address_says_what_is_asked_for_and_nothing_else() -> None:
    asked = asked_for(QueryDict("status=planned&q=+carts+&nonsense=1&sort=-changed&environment=&mine=1"))

    assert asked.query == "q=carts&status=planned&mine=1&sort=-changed"
    assert asked.url(status="") == "/migrations/?q=carts&mine=1&sort=-changed"
    assert asked.url(risk="high") == "/migrations/?q=carts&status=planned&mine=1&sort=-changed&risk=high"
    assert asked_for(QueryDict("sort=password&mine=no")).url() == "/migrations/?all"


def test_a_facet_is_a_link_that_filters(stage: Stage) -> None:
    stage.planned(title="carts")
    stage.migration(title="logins")
    client = signed_in("operator")

    page = client.get("/migrations/").content.decode()
    assert 'href="/migrations/?status=draft"' in page
    filtered = client.get("/migrations/?status=draft&sort=title").content.decode()

    assert "logins" in filtered
    assert "carts</a>" not in filtered
    assert 'aria-sort="ascending"' in filtered
    assert 'href="/migrations/?sort=title"' in filtered  # the way out of the filter
    assert 'name="query" value="status=draft&amp;sort=title"' in filtered


def test_what_no_policy_is_about_is_said_to_be_blocked_and_what_needs_no_signature_is_not(
    stage: Stage, admins: tuple[Actor, Actor]
) -> None:
    ended, free = stage.planned(title="ended"), stage.planned(title="planned")
    Migration.objects.filter(pk=ended.pk).update(status="completed")
    policies.asks_for(stage.environment, 0, admins, stage.now)
    client = signed_in("viewer")
    assert client.get("/migrations/").content.decode().count("none needed") == 2

    policies.without_any()
    page = client.get("/migrations/").content.decode()

    assert "none needed" not in page
    assert page.count('<a class="text-bad" href="/policies/">blocked: no policy</a>') == 1  # nothing starts what ended
    (row,) = [each for each in client.get("/api/v1/migrations").json()["items"] if each["id"] == free.pk]
    assert (row["no_policy"], row["required_approvals"]) == (True, 0)


def test_a_filter_is_saved_made_the_default_deleted_and_brought_back(cast: Cast) -> None:
    client = signed_in("operator")

    saved = client.post("/migrations/filters/", {"name": "Drafts", "query": "status=draft&nonsense=1"})
    assert saved["Location"] == "/migrations/?status=draft"
    row = SavedFilter.objects.get()
    assert row.query == "status=draft"
    assert (
        'href="/migrations/?status=draft" aria-current="page">Drafts' in client.get(saved["Location"]).content.decode()
    )

    client.post(f"/migrations/filters/{row.pk}/default/", {"chosen": "1"})
    assert client.get("/migrations/")["Location"] == "/migrations/?status=draft"
    assert client.get("/migrations/?all").status_code == 200

    gone = client.post(f"/migrations/filters/{row.pk}/delete/", follow=True).content.decode()
    assert f'action="/migrations/filters/{row.pk}/restore/"' in gone
    client.post(f"/migrations/filters/{row.pk}/restore/")
    client.post(f"/migrations/filters/{row.pk}/rename/", {"name": "My drafts"})
    assert "My drafts" in client.get("/migrations/?all").content.decode()


def test_more_rows_ask_no_more_questions(stage: Stage) -> None:
    client = signed_in("operator")
    stage.planned(title="one")
    client.get("/migrations/")  # the first request of a session is noted as its last
    counted = []
    for more in range(2):
        for number in range(20 * more):
            another(plan([step("a")]), title=f"another {number}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/migrations/?sort=-changed").status_code == 200
        counted.append(len(asked))

    assert counted[0] == counted[1] <= 32, counted


def test_a_phone_shows_where_it_is_and_nothing_is_saved_without_a_filter(stage: Stage) -> None:
    stage.planned(title="carts")
    page = signed_in("operator").get("/migrations/").content.decode()

    assert '<span class="sub only-s"><span class="env is-plain">staging</span> · ' in page
    assert "1 migration, newest first" in page
    assert 'aria-label="Saved filters"' not in page
    assert 'aria-label="Saved filters"' in signed_in("operator").get("/migrations/?q=carts").content.decode()
