from django.utils import timezone

from migrations_app.models import PlanRevision
from tests.api.stage import Stage
from tests.past_runs import past_run


def test_programs_get_the_figures_of_the_page(here: Stage) -> None:
    migration_id, _ = here.planned()
    plan = PlanRevision.objects.get(migration=migration_id)
    for seconds in (10, 20, 30):
        past_run(plan, timezone.now(), seconds=seconds, sessions=300)

    answer = here.operator.get(f"/trends?span=year&environment={here.environment.name}&type=session_migration")

    assert answer.status == 200
    assert answer.body["figures"] == {
        "runs": 3,
        "succeeded": 3,
        "failed": 0,
        "failure_percent": 0,
        "median_seconds": 20,
        "within_seconds": 30,
        "records_per_second": 15,
        "unit": "sessions",
    }
    assert len(answer.body["periods"]) == 13
    assert answer.body["groups"][0]["durations"][-1] == 20
    assert here.operator.get("/trends?stores=redis+to+beam").body["groups"] == []
    assert here.operator.get("/trends?span=century").status == 422
