"""A data migration on its pages: the mapping with what was found, the tables of its run, and the refused rows."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.models import Migration, Run
from migrations_app.services import planning, targets
from migrations_app.services.drafts import MigrationDraft
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.browser.test_accessibility import axe, too_wide
from tests.cast import Cast
from tests.handlers.data.moves import change, shop
from tests.handlers.data.test_journey import PICKY
from tests.runs import queued
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import newest

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def moved(company: Cast, tmp_path: Path) -> Run:
    """A run that has ended. One order was refused, a column is renamed, and one table made."""
    places = {"old-shop": shop(tmp_path / "old.db"), "new-shop": shop(tmp_path / "new.db", schema=PICKY, filled=False)}
    change(places["old-shop"], "UPDATE orders SET note = 'refused' WHERE person = 7 AND number = 1")
    change(places["new-shop"], "ALTER TABLE people RENAME COLUMN boss TO manager", "DROP TABLE notes")
    made = {
        name: targets.create(
            actor=company.actors["admin"],
            now=NOW,
            environment_id=company.environments["dev"].pk,
            name=name,
            kind="database",
            config=dict(place.config),
        )
        for name, place in places.items()
    }
    tables = [{"source": "people", "columns": {"manager": "boss"}}, {"source": "orders"}, {"source": "notes"}]
    draft = MigrationDraft(
        title="Move the shop",
        environment_id=company.environments["dev"].pk,
        type=MigrationType.DATA,
        targets={"source": made["old-shop"], "target": made["new-shop"]},
        parameters={"tables": tables, "on_reject": "quarantine"},
        options={"parallel_workers": 2},
    )
    done = planning.create_and_plan(actor=company.actors["operator"], now=NOW, draft=draft)
    run = drive_to_end(queued(newest(Migration.objects.get(pk=done.migration_id))))
    assert run.state == "succeeded"
    return run


@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
def test_the_mapping_the_tables_and_the_refused_rows_are_shown(moved: Run, people: People, phone: bool) -> None:
    page = people.sign_in("operator", phone=phone, dark=phone)
    page.goto(f"/migrations/{moved.migration_id}/")
    mapping = page.locator("#mapping")
    expect(mapping.get_by_role("row").filter(has_text="people")).to_contain_text("1 changed")
    expect(mapping.get_by_role("row").filter(has_text="notes")).to_contain_text("made")
    assert too_wide(page) == []
    assert axe(page) == []
    page.goto(f"/migrations/{moved.migration_id}/edit/")

    page.goto(f"/runs/{moved.pk}/")
    tables = page.locator("#run-tables")
    expect(tables).to_contain_text("3 of 3 copied")
    expect(tables.get_by_text("equal", exact=True)).to_have_count(3)
    expect(tables).to_contain_text("1 row refused by the target")
    assert too_wide(page) == []
    assert axe(page) == []
    with page.expect_download() as download:
        tables.get_by_role("link", name="Download them").click()
    assert '"refused"' in Path(download.value.path()).read_text()
    page.goto(f"/runs/{moved.pk}/report/")
    assert too_wide(page) == []
