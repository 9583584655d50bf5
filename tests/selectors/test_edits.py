from datetime import timedelta

import pytest

from migrations_app.selectors.edits import edits_after, newest_edit
from migrations_app.services import environments, webhooks

pytestmark = pytest.mark.django_db


def test_edits_since_somebody_looked_newest_first_and_nothing_else(admin, viewer, now, dev):
    about = {"noun": "environment", "key": dev.pk, "actions": ("environment.edit",)}
    assert newest_edit(**about) == 0
    assert edits_after(seq=None, **about) == ()
    for number in range(7):
        environments.edit(
            actor=admin, now=now + timedelta(minutes=number), environment_id=dev.pk, description=f"Number {number}."
        )
    webhooks.create(actor=admin, now=now, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"])
    newest = newest_edit(**about)

    rows = edits_after(seq=0, **about)

    assert [row.at for row in rows] == [now + timedelta(minutes=number) for number in (6, 5, 4, 3, 2)]
    assert {(row.actor, row.sentence) for row in rows} == {("admin", "admin changed environment “dev”")}
    assert edits_after(seq=newest - 1, **about) == rows[:1]
    assert edits_after(seq=newest, **about) == rows[:1], "whoever was told that it is outdated is told of one at least"
