"""Starting a rehearsal on the pages; the journey of a person is tests/browser/test_rehearsal.py."""

import pytest

from migrations_app.models import Environment, Run
from tests.stores_on_disk import newest
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planned(stage):
    migration = stage.planned()
    return migration.pk, newest(migration).digest


def test_what_it_leaves_open_is_said_before_and_it_starts(planned):
    number, digest = planned
    client, path = signed_in("operator"), f"/migrations/{number}/rehearse/"
    assert f'href="{path}"' in client.get(f"/migrations/{number}/").content.decode()
    asked = client.get(path).content.decode()
    assert "The hand-over: the route stays where it is" in asked
    assert 'name="consent"' not in asked

    answer = client.post(path, {"digest": digest})

    assert answer["Location"] == f"/runs/{Run.objects.get(kind='rehearsal').pk}/"
    assert "is on its way" in client.get(f"/migrations/{number}/").content.decode()


def test_a_protected_environment_asks_for_consent(planned):
    number, digest = planned
    Environment.objects.update(protected=True)
    client, path = signed_in("operator"), f"/migrations/{number}/rehearse/"

    refused = client.post(path, {"digest": digest})

    assert refused.status_code == 422
    assert "Without your consent nothing was started." in refused.content.decode()
    assert client.post(path, {"digest": digest, "consent": "on"}).status_code == 302


def test_a_page_that_is_no_longer_true_starts_nothing(planned):
    number, _ = planned
    answer = signed_in("operator").post(f"/migrations/{number}/rehearse/", {"digest": "0" * 64})
    assert answer.status_code == 302
    assert not Run.objects.exists()


def test_who_may_not_start_it_is_told_why(planned):
    number, _ = planned
    client = signed_in("viewer")
    assert "you are no operator of" in client.get(f"/migrations/{number}/rehearse/").content.decode().replace(
        "You", "you"
    )
