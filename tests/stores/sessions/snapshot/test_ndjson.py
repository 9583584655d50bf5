import pytest

from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.stores.sessions.snapshot.ndjson import LinesOfJson

RECORDS = [SessionRecord(name, name.encode() * 10, expires_at_ms=5) for name in ("a", "bb", "ccc")]


@pytest.mark.parametrize("lacking", [b"", b"\n"])
def test_every_line_lies_where_its_entry_says(tmp_path, lacking):
    path = tmp_path / "s"
    path.write_bytes(b"")
    with path.open("rb") as stream:
        content = b"".join(map(LinesOfJson(stream).packed, RECORDS))
    path.write_bytes(content.removesuffix(lacking))

    with path.open("rb") as stream:
        form = LinesOfJson(stream)
        entries = dict(form.entries())

        assert [form.record(name, entry) for name, entry in entries.items()] == RECORDS
        assert sum(entry.length for entry in entries.values()) == form.end == len(content)
        assert (form.rows, form.lacking) == (3, lacking)


def test_opaque_values_come_back_as_what_the_target_reads_them_as():
    opaque, terms = SessionRecord("a", b""), SessionRecord("a", b"", Codec.ETF)

    assert LinesOfJson.why_unrepresentable(opaque, Codec.OPAQUE) == ""
    assert LinesOfJson.why_unrepresentable(terms, Codec.JSON) == ""
    assert "json" in LinesOfJson.why_unrepresentable(opaque, Codec.JSON)
