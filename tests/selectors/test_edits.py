from datetime import timedelta

import pytest

from migrations_app.selectors.edits import Edits, edits_after, newest_edit
from migrations_app.services import environments, webhooks

pytestmark = pytest.mark.django_db


def test_edits_since_somebody_looked_newest_first_and_nothing_else(admin, second_admin, now, dev):
    about = {"noun": "environment", "key": dev.pk, "actions": ("environment.edit",)}
    assert newest_edit(**about) == 0
    assert edits_after(seq=None, **about) == Edits((), {})
    for number in range(7):
        environments.edit(
            actor=admin, now=now + timedelta(minutes=number), environment_id=dev.pk, description=f"Number {number}."
        )
    webhooks.create(actor=admin, now=now, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"])
    newest = newest_edit(**about)

    environments.edit(actor=second_admin, now=now, environment_id=dev.pk, description="Of somebody else.")
    found = edits_after(seq=0, **about)

    assert [row.at for row in found.rows] == [now, *(now + timedelta(minutes=number) for number in (6, 5, 4, 3))]
    assert [row.sentence for row in found.rows[:2]] == [
        f"{name} changed environment “dev”" for name in ("second_admin", "admin")
    ]
    assert found.times == {"admin": 7, "second_admin": 1}, "whoever is beyond the five that are shown is known too"
    assert edits_after(seq=newest, **about) == Edits(found.rows[:1], {"second_admin": 1})
    assert edits_after(seq=newest_edit(**about), **about) == edits_after(seq=None, **about) == Edits(found.rows[:1], {})
