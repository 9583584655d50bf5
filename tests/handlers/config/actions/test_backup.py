from pathlib import Path

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.handlers.config.snapshots import fingerprint, load
from tests.handlers.config.places import BEFORE, Rewrite


def test_every_file_is_kept_whether_backups_are_switched_off_or_not(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path, options={"backup_enabled": False})
    rewrite.lay()

    view = rewrite.begin().finish()

    result = view.results["backup"]
    assert view.state is RunState.SUCCEEDED
    assert (result["fingerprint"], result["version"]) == (fingerprint(BEFORE), "0.8.8")
    assert result["bytes"] == sum(map(len, BEFORE.values()))
    assert load(rewrite.artifacts, 7, result["fingerprint"]) == BEFORE


def test_a_dry_run_keeps_nothing(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path)
    rewrite.lay()

    rewrite.begin(kind=RunKind.DRY_RUN).finish()

    assert list(rewrite.artifacts.keys("")) == []
