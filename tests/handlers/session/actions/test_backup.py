import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.session.actions.backup import Backup, chunk_key
from migrations_app.stores.sessions.snapshot_file import read_records
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import Move, content, fill, sessions


class SmallChunks(Backup):
    chunk_size = 60


class Stop(BaseException):
    """The worker dies."""


@pytest.fixture
def filled(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place(), options={"batch_size": 20})
    fill(move.source, sessions(250))
    return move


def restored(move, run_id):
    held = {}
    for key in move.artifacts.keys(f"backups/run-{run_id}/"):
        with move.artifacts.open(key) as stream:
            held.update({record.id: (record.value, record.expires_at_ms) for record in read_records(stream)})
    return held


def test_every_session_is_in_the_backup(filled):
    ctx = context(filled, "backup")

    result = SmallChunks().do(ctx)
    SmallChunks().verify(ctx, result)

    assert restored(filled, ctx.run_id) == content(filled.source)
    assert result["sessions"] >= 250  # a scan of Redis may show a session twice
    assert result["chunks"] == len(result["sha256"]) >= 4
    assert result["keep_until"] > filled.clock.now().isoformat()


def test_it_goes_on_at_the_last_whole_chunk(filled):
    notebook = Notebook({2: Stop()})
    with pytest.raises(Stop):
        SmallChunks().do(context(filled, "backup", progress=notebook))
    before = set(filled.artifacts.keys(""))

    resumed = context(filled, "backup", checkpoint=notebook.last)
    result = SmallChunks().do(resumed)

    assert len(before) == 2
    assert restored(filled, resumed.run_id) == content(filled.source)
    assert result["chunks"] > 2


def test_a_backup_that_is_switched_off_says_so(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place(), options={"backup_enabled": False})
    ctx = context(move, "backup")

    result = Backup().do(ctx)
    Backup().verify(ctx, result)

    assert result["skipped"]
    assert not list(move.artifacts.keys(""))
    assert Backup().preview(ctx) == {"skipped": result["skipped"]}


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_part_that_is_not_as_written_is_found(filled, damage):
    ctx = context(filled, "backup")
    result = SmallChunks().do(ctx)
    key = chunk_key(ctx.run_id, 1)
    filled.artifacts.delete(key)
    if damage == "changed":
        with filled.artifacts.create(key) as stream:
            stream.write(b"something else")

    with pytest.raises(ValidationFailed, match="Part 2"):
        SmallChunks().verify(ctx, result)


def test_undo_keeps_the_backup(filled):
    ctx = context(filled, "backup")
    Backup().do(ctx)

    Backup().undo(ctx)

    assert list(filled.artifacts.keys(""))
    assert "kept" in Backup().manual_undo(ctx)[0]


def test_a_preview_counts(filled):
    assert Backup().preview(context(filled, "backup", read_only=True)) == {"sessions": 250}
    assert not list(filled.artifacts.keys(""))
