"""What the steps share is shown by whole runs; here is what no run shows."""

from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.handlers.adapter.actions.work import remove_compiled
from tests.handlers.adapter.places import Shop


def test_a_driver_that_was_replaced_meanwhile_writes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had staged the files; another one has claimed the run since, and this one hears of it before the rename."""
    run = shop.begin()
    seen: list[str] = []

    def frozen(point: str) -> None:
        if point == "files.staged" and not seen:
            seen.append(point)
            run.memory.claim("run:1")

    monkeypatch.setattr("migrations_app.files.create.reach", frozen)
    outcome = run.drive()

    assert seen
    assert str(outcome.kind) == "superseded"
    assert not (shop.root / "generic_adapter").exists()
    assert run.finish().state is RunState.SUCCEEDED


def test_only_what_python_compiled_of_our_own_modules_is_removed(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    ours = ["adapter.cpython-311.pyc", "adapter.cpython-313.opt-1.pyc"]
    theirs = ["other.cpython-311.pyc", "adapter.txt"]
    for name in (*ours, *theirs):
        (cache / name).touch()

    remove_compiled(tmp_path, {"adapter"})
    assert sorted(path.name for path in cache.iterdir()) == sorted(theirs)
    for name in theirs:
        (cache / name).unlink()
    remove_compiled(tmp_path, {"adapter"})

    assert not cache.exists()


def test_a_link_in_place_of_the_cache_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/adapter.cpython-311.pyc").touch()
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__pycache__").symlink_to(tmp_path / "elsewhere")

    remove_compiled(tmp_path / "package", {"adapter"})

    assert (tmp_path / "elsewhere/adapter.cpython-311.pyc").exists()
