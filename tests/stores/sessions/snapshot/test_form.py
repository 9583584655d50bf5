from migrations_app.stores.sessions.records import UNVERSIONED
from migrations_app.stores.sessions.snapshot.form import Entry
from migrations_app.stores.sessions.snapshot.ndjson import LinesOfJson


def test_a_session_lives_until_its_deadline_and_without_one_for_ever():
    entry = Entry(0, 1, UNVERSIONED, 1000)

    assert (entry.lives(999), entry.lives(1000)) == (True, False)
    assert entry._replace(expires_at_ms=None).lives(10**15)


def test_what_is_read_follows_the_file_that_was_written_anew(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old content")
    new.write_bytes(b"new content")
    form = LinesOfJson(old.open("rb"))
    before, former = form.read(0, 3), form.stream

    form.changed(new.open("rb"), rows=4, end=11)

    assert (before, form.read(0, 3)) == (b"old", b"new")
    assert (former.closed, form.rows, form.end) == (True, 4, 11)
    form.stream.close()
