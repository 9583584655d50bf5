"""The buttons of a migration's page act on what the page showed, or not at all."""

from pathlib import Path

from migrations_app.models import Run
from tests.cast import Cast
from tests.session_runs import sqlite_migration
from tests.web.door import signed_in


def test_a_page_that_is_no_longer_true_starts_nothing(cast: Cast, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    client = signed_in("operator")

    answer = client.post(f"/migrations/{rows.revision.migration_id}/execute/", {"digest": "0" * 64}, follow=True)

    assert "The plan was changed" in answer.content.decode()
    assert not Run.objects.filter(migration=rows.revision.migration_id).exists()
