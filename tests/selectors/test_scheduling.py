from datetime import timedelta

import pytest

from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.scheduling import scheduling_page
from migrations_app.services import freezes
from tests.services.scheduling import scheduling

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_the_next_openings_are_those_that_no_freeze_covers(cast, admin, viewer, outsider, tmp_path):
    here = scheduling(cast, tmp_path)
    bare = scheduling_page(actor=viewer, migration_id=here.migration.pk, now=here.now)
    assert (bare.has_windows, bare.openings, bare.next_is_short) == (False, (), False)

    first, second = ((here.now + hours * HOUR).replace(second=0) for hours in (3, 6))
    here.window(first)
    here.window(second, minutes=5)
    freezes.create(actor=admin, now=here.now, reason="quarter end", ends_at=first + HOUR)
    here.rows.revision.estimated_seconds = 600
    here.rows.revision.save()

    page = scheduling_page(actor=viewer, migration_id=here.migration.pk, now=here.now)
    assert [opening.opens_at for opening in page.openings] == [second]
    assert page.next_is_short
    assert page.digest == here.rows.revision.digest
    with pytest.raises(NotFound):
        scheduling_page(actor=outsider, migration_id=here.migration.pk, now=here.now)
