import pytest
from django.test import Client

from migrations_app.models import Migration, MigrationDependency, Schedule
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(stage: Stage) -> tuple[Migration, Migration]:
    return stage.planned(title="The first one"), stage.planned(title="The second one")


def text(client: Client, migration: Migration, page: str = "related/") -> str:
    answer = client.get(f"/migrations/{migration.pk}/{page}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_order_is_given_and_taken_back_on_the_page(pair: tuple[Migration, Migration]) -> None:
    first, second = pair
    door = signed_in("operator")
    assert "Nothing: it may start" in text(door, second)
    assert "The first one" in text(door, second)  # it wants the same targets

    answer = door.post(f"/migrations/{second.pk}/related/after/", {"predecessor_id": f" {first.pk} "})
    assert answer.status_code == 302
    page = text(door, second)
    assert "0 of 2 completed" in page
    assert f"/migrations/{second.pk}/related/after/{first.pk}/remove/" in page
    group = text(door, first)
    assert 'class="edge"' in group
    assert "Runs after" in group
    assert f'href="/migrations/{first.pk}/">See migration {first.pk}' in text(door, second, "")

    assert door.post(f"/migrations/{second.pk}/related/after/{first.pk}/remove/").status_code == 302
    assert not MigrationDependency.objects.exists()


def test_a_number_that_is_none_changes_nothing(pair: tuple[Migration, Migration]) -> None:
    door = signed_in("operator")
    for number in ("", "the first", "999", "-1"):
        answer = door.post(f"/migrations/{pair[1].pk}/related/after/", {"predecessor_id": number})
        assert answer.status_code == 404
        assert "There is no migration" in answer.content.decode()
    assert not MigrationDependency.objects.exists()


def test_a_start_waits_until_it_is_ready(pair: tuple[Migration, Migration]) -> None:
    door = signed_in("operator")
    wish = {"timing": "when_ready", "waits_hours": "48", "window_closes": "finish", "grace_minutes": "15"}
    wrong = door.post(f"/migrations/{pair[0].pk}/schedule/", {**wish, "waits_hours": "soon"})
    assert wrong.status_code == 422
    assert door.post(f"/migrations/{pair[0].pk}/schedule/", wish).status_code == 302

    schedule = Schedule.objects.get()
    assert (schedule.timing, schedule.grace_minutes) == ("when_ready", 48 * 60)
    assert "It starts by itself as soon as nothing stands in its way" in text(door, pair[0])
    assert "as soon as it is ready" in text(door, pair[0], "")


def test_who_may_only_look_finds_no_button(pair: tuple[Migration, Migration]) -> None:
    page = text(signed_in("viewer"), pair[0])

    assert "Run after it" not in page
    signed_in("viewer").post(f"/migrations/{pair[0].pk}/related/after/", {"predecessor_id": pair[1].pk})
    assert not MigrationDependency.objects.exists()
