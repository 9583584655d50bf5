from datetime import datetime, timedelta

from migrations_app.engine.vocabulary import RunKind
from migrations_app.handlers.adapter.kept import key_of, load
from migrations_app.handlers.adapter.making.outcome import CALLS, CLEANUP, CONFIGURE
from tests.handlers.adapter.places import ADAPTER, Shop, finished


def test_every_touched_file_is_kept_with_its_permissions_until_the_retention_ends(shop: Shop) -> None:
    shop.parameters = {"cleanup_old_adapter": True}
    shop.options = {"backup_retention": 3, "backup_enabled": False}  # the way back needs it all the same

    result = finished(shop.begin(run_id=4)).results["backup"]

    assert result["files"] == ["client/room.py", "client/show.py", "config/config.exs", "shop/adapter.py"]
    kept = load(shop.artifacts, 4, result["sha256"])
    assert kept.standings["client/show.py"].mode == 0o755
    assert kept.changes[CLEANUP]["shop/adapter.py"].before == ADAPTER
    assert set(kept.changes) == {CONFIGURE, CALLS, CLEANUP}
    assert datetime.fromisoformat(result["keep_until"]) - shop.clock.now() == timedelta(days=3)


def test_a_dry_run_keeps_nothing(shop: Shop) -> None:
    view = finished(shop.begin(kind=RunKind.DRY_RUN))

    assert view.results["backup"]["bytes"] > 0
    assert shop.artifacts.stat(key_of(1)) is None
