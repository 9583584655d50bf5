"""A version upgrade as runs of this installation: started, rolled, watched, and in the history of the configuration."""

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.selectors.configuration_history import configuration_history
from migrations_app.services import probing
from migrations_app.services.errors import InvalidInput
from tests.handlers.config.places import BEFORE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]


def test_a_run_upgrades_and_the_configuration_remembers(service_to_upgrade, operator):
    service_to_upgrade.run(service_to_upgrade.planned())

    assert service_to_upgrade.upgrade.releases == {"0.13.0"}
    history = configuration_history(actor=operator, target_id=service_to_upgrade.targets["target"])
    assert [(one.moment.value, one.snakepit) for one in history.versions] == [("written", "0.13.0"), ("found", "0.8.8")]


def test_a_worker_that_stays_ill_brings_everything_back(service_to_upgrade):
    service_to_upgrade.upgrade.pool.settings["versions"]["0.13.0"] = {"healthy": False}
    service_to_upgrade.upgrade.pool._prepare()
    parameters = {**service_to_upgrade.draft().parameters, "start_seconds": 2}

    service_to_upgrade.run(service_to_upgrade.planned(parameters=parameters), ends=RunState.ROLLED_BACK)

    assert service_to_upgrade.upgrade.releases == {"0.8.8"}
    assert service_to_upgrade.upgrade.contents == BEFORE


def test_a_role_that_is_required_is_missed_and_another_is_not(service_to_upgrade):
    with pytest.raises(InvalidInput) as refused:
        service_to_upgrade.planned(targets={})

    assert [problem.field for problem in refused.value.problems] == ["targets.target", "targets.pool"]


def test_a_project_is_looked_at_like_any_target(service_to_upgrade, admin, now):
    seen = probing.test(actor=admin, now=now, target_id=service_to_upgrade.targets["project"])

    assert seen.ok
    assert seen.message == "2 source files read (1 .ex, 1 .exs)."
