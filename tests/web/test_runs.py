"""The buttons of a run's page act on that run, or not at all."""

from django.utils import timezone

from migrations_app.engine.vocabulary import MigrationStatus, RunState
from migrations_app.models import Migration, Run
from tests.cast import Cast
from tests.runs import a_run, queued
from tests.web.door import signed_in


def test_a_button_of_an_old_run_never_reaches_a_later_one(cast: Cast) -> None:
    """A page that was open while the migration was planned and executed anew."""
    old = a_run()
    Run.objects.filter(pk=old.pk).update(state=RunState.ROLLED_BACK, ended_at=timezone.now())
    Migration.objects.update(status=MigrationStatus.PLANNED)
    later = queued(old.revision)
    client = signed_in("operator")

    answer = client.post(f"/runs/{old.pk}/roll-back/", follow=True)

    assert f"Run {old.pk} cannot be rolled back" in answer.content.decode()
    assert Run.objects.get(pk=later.pk).signal == ""
