"""Sessions as lines of JSON, as backups have them."""

import io
from collections.abc import Iterator

from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.stores.sessions.snapshot.form import Entry, Form
from migrations_app.stores.sessions.snapshot_file import SNAPSHOT_FORMAT, read_record, write_record


class LinesOfJson(Form):
    name = "ndjson"
    number = SNAPSHOT_FORMAT

    @staticmethod
    def empty() -> bytes:
        return b""

    def entries(self) -> Iterator[tuple[str, Entry]]:
        for line in self.stream:
            self.rows += 1
            record = read_record(line, self.rows)
            self.lacking = b"" if line.endswith(b"\n") else b"\n"
            length = len(line) + len(self.lacking)
            yield record.id, Entry(self.end, length, record.version, record.expires_at_ms)
            self.end += length

    def record(self, session_id: str, entry: Entry) -> SessionRecord:
        return read_record(self.read(entry.offset, entry.length), 0)

    def packed(self, record: SessionRecord) -> bytes:
        stream = io.BytesIO()
        write_record(stream, record)
        return stream.getvalue()

    @staticmethod
    def why_unrepresentable(record: SessionRecord, codec: Codec) -> str:
        if record.codec is Codec.OPAQUE and codec is not Codec.OPAQUE:
            return f"the file's opaque values are read as {codec}, and the value would come back as that"
        return ""
