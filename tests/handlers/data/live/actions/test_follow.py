"""With a change column: what has grown is followed, and what was deleted is found when everything is compared."""

import pytest

from migrations_app.handlers.data.live import steps
from tests.handlers.data.live.shop import Shop, drive_to, everything, finished

pytestmark = pytest.mark.servers


def test_what_was_written_and_deleted_meanwhile(shop: Shop):
    shop.fill(30)
    run = shop.move(live="change_column", change_column="note").begin()
    drive_to(run, steps.STOP)
    shop.here.run(
        "UPDATE {items} SET note = 'z later' WHERE id = -1",
        "DELETE FROM {parts} WHERE item = -2",
        "DELETE FROM {items} WHERE id = -2",
        "INSERT INTO {items} VALUES (7, 'new', 'zz newest')",
    )
    view = finished(run)

    assert view.results[steps.STOP]["upto"][shop.here.items] == "zz newest"
    assert view.results["verify"]["repaired"] >= 2
    for table in ("items", "parts"):
        assert everything(shop.here, table) == everything(shop.there, table)
