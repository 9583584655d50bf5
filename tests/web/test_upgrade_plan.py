import pytest

from tests.web.door import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]


def test_a_plan_shows_lines_code_and_waves(service_to_upgrade):
    service_to_upgrade.upgrade.lay({"lib/a.ex": b"{:error, :worker_busy} = Snakepit.execute(a, b)\n"})
    migration_id = service_to_upgrade.planned()

    seen = signed_in("viewer").get(f"/migrations/{migration_id}/").content.decode()

    assert "What is written" in seen
    assert "What 0.13.0 means for the code" in seen
    assert "lib/a.ex:1" in seen
    assert "never fewer than 2 of 2" in seen


def test_the_form_lets_the_project_stay_empty(service_to_upgrade):
    environment = service_to_upgrade.environment.pk
    client = signed_in("operator")
    chosen = {"template": "upgrade/rolling_upgrade", "environment": environment}

    seen = client.post("/migrations/new/begin/", chosen, follow=True).content.decode()

    assert "(optional)</span></label>" in seen
    assert '<option value="">None</option>' in seen
