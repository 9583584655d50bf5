from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.models import Migration
from migrations_app.selectors.home import home_page
from migrations_app.services import notifications
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db

ERROR = {"message": "no"}


def test_what_needs_attention(stage, operator, people, now):
    live = told(event(EventType.RUN_STARTED), start=now)
    failed = told(event(EventType.RUN_STARTED), event(EventType.RUN_FAILED, error=ERROR), start=now, batch_size=9)
    notifications.tell([people["operator"]], now=now, kind="signature_wanted", text="look")
    notifications.tell([people["operator"]], now=now, kind="run_succeeded", text="news")
    migration = stage.migration()
    stage.migration(title="Newer")
    Migration.objects.filter(pk=migration.pk).update(changed_at=now + timedelta(minutes=1))

    page = home_page(actor=operator, now=now + timedelta(hours=1))

    assert [item.text for item in page.needs_you] == ["look"]
    assert [run.id for run in page.live_runs] == [live.pk]
    assert [run.id for run in page.failures] == [failed.pk]
    assert page.recent[0].id == migration.pk
    assert [e.name for e in page.environments] == ["dev", "staging", "production"]
    assert (page.can_author, page.audit) == (True, None)
    assert home_page(actor=operator, now=now + timedelta(days=2)).failures == ()


def test_others_see_less(stage, auditor, outsider, now):
    stage.migration()

    assert home_page(actor=auditor, now=now).audit.entries > 0
    empty = home_page(actor=outsider, now=now)
    assert (empty.recent, empty.environments, empty.can_author) == ((), (), False)
