import re

import pytest

from migrations_app.models import Migration
from tests.handlers.config.places import BEFORE
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_plan_shows_the_lines_with_their_reasons(configuration):
    migration_id = configuration.planned()

    seen = page(signed_in("viewer"), f"/migrations/{migration_id}/")

    assert "What is written" in seen
    assert "<del>  grpc_port: 50_051,</del>" in seen
    assert re.search(r"rule <code>listener</code>, 0\.10\.0", seen)
    assert "Behaves differently" in seen


def test_the_history_shows_versions_and_restores_by_a_plan(configuration):
    configuration.run(configuration.planned())
    client = signed_in("operator")
    path = f"/targets/{configuration.target_id}/history/"

    seen = page(client, path)
    assert "From version 1 to 2" in seen
    assert "<ins>" in seen
    answer = client.post(f"{path}restore/", {"number": "1"})

    made = Migration.objects.latest("pk")
    assert answer.headers["Location"] == f"/migrations/{made.pk}/"
    assert configuration.contents != BEFORE
    assert "snapshot" in page(client, f"/migrations/{made.pk}/")


def test_a_restore_of_what_is_there_is_refused_with_the_reason(configuration):
    configuration.run(configuration.planned())
    client = signed_in("operator")

    answer = client.post(f"/targets/{configuration.target_id}/history/restore/", {"number": "2"}, follow=True)

    assert "The files are as that snapshot has them." in answer.content.decode()
    assert Migration.objects.count() == 1


def test_who_may_not_author_sees_no_button(configuration):
    configuration.run(configuration.planned())

    seen = page(signed_in("viewer"), f"/targets/{configuration.target_id}/history/")

    assert "Restore…" not in seen
    assert "Only operators of dev plan a restore." in seen


def test_numbers_that_are_none_compare_nothing(configuration):
    configuration.run(configuration.planned())
    client = signed_in("viewer")

    for query in ("?before=2&after=2", "?before=9&after=1", "?before=x&after=-1"):
        assert page(client, f"/targets/{configuration.target_id}/history/{query}")


def test_a_configuration_without_a_run_says_so_and_another_target_has_no_history(configuration, stage):
    client = signed_in("viewer")

    assert "No version yet" in page(client, f"/targets/{configuration.target_id}/history/")
    assert f"/targets/{configuration.target_id}/history/" in page(client, f"/targets/{configuration.target_id}/")
    assert client.get(f"/targets/{stage.source_id}/history/").status_code == 404
