import pytest

from migrations_app.engine.errors import DataCorruption, DependencyUnavailable, PlanIsStale
from migrations_app.files.standing import Standing
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.kept import Kept, key_of, load, save, standings_of
from migrations_app.handlers.adapter.making.outcome import CALLS, FileChange
from migrations_app.testing.memory import MemoryArtifacts
from tests.handlers.adapter.places import Shop

CHANGES = {
    CALLS: {"a.py": FileChange(b"old", b"new"), "b.py": FileChange(None, b"made"), "c.py": FileChange(b"x", None)}
}


@pytest.fixture
def kept(shop: Shop) -> Kept:
    return Kept(CHANGES, {"a.py": Standing(0o640)}, analyze(shop.root, installed={}), {"format": 1, "tools": []})


def test_it_comes_back_whole(kept: Kept) -> None:
    artifacts = MemoryArtifacts()

    sha256 = save(artifacts, 3, kept)

    assert load(artifacts, 3, sha256) == kept
    assert save(artifacts, 3, kept) == sha256


def test_only_what_was_signed_is_given_out(kept: Kept) -> None:
    signed = {path: change.signed() for path, change in CHANGES[CALLS].items()}

    assert kept.of(CALLS, signed) == CHANGES[CALLS]
    for other in ({**signed, "a.py": {"before": "", "after": ""}}, {"a.py": signed["a.py"]}, {**signed, "d.py": {}}):
        with pytest.raises(PlanIsStale):
            kept.of(CALLS, other)


def test_a_backup_that_is_gone_or_damaged_touches_nothing(kept: Kept) -> None:
    artifacts = MemoryArtifacts()
    sha256 = save(artifacts, 3, kept)

    with pytest.raises(DependencyUnavailable, match="retention"):
        load(artifacts, 4, sha256)
    with artifacts.create(key_of(3)) as stream:
        stream.write(b"{}")
    with pytest.raises(DataCorruption):
        load(artifacts, 3, sha256)


def test_permissions_are_of_the_files_that_are_there(shop: Shop) -> None:
    paths = {"client/show.py": FileChange(b"", b""), "new.py": FileChange(None, b"")}

    found = standings_of(shop.root, paths)

    assert {path: standing.mode for path, standing in found.items()} == {"client/show.py": 0o755}
