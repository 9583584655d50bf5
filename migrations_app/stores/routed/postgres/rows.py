"""Sessions to and from the binary rows of one table."""

import json
import struct
from collections.abc import Callable, Sequence

from psycopg.pq.abc import PGresult

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.routed.postgres.parts import READ, Parts
from migrations_app.stores.routed.postgres.statements import FALSE, TRUE, Parameter, number, text
from migrations_app.stores.sessions.applying import refuse_unrepresentable
from migrations_app.stores.sessions.postgres.columns import encoder, why_unfit
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

KNOWN_CODECS = {str(codec): codec for codec in Codec}


class Rows:
    """`codec` is the target's own, for rows that name none."""

    def __init__(self, parts: Parts, codec: Codec) -> None:
        self._codec = codec
        self._encoders = [encoder(column) for column in parts.written]
        self._beside = [part for part in parts.layout.side if part in READ] if parts.side else []
        self.why_unfit: Callable[[SessionRecord], str] = why_unfit(parts.layout.main)

    def encode(self, record: SessionRecord) -> list[Parameter]:
        """The parameters of `Parts.written`. Raises ValidationFailed for a record that the layout cannot hold."""
        if self.why_unfit(record):
            refuse_unrepresentable([record], self.why_unfit)
        try:
            return [encode(record) for encode in self._encoders]
        except struct.error:
            problem = Problem("config.columns", "A number is beyond what its column can hold.", "Use bigint columns.")
            raise ValidationFailed("The session cannot be written.", problems=[problem]) from None

    def beside(self, record: SessionRecord, lifetime_ms: int | None = None) -> bool:
        """Whether the side table has to hold a part of it; most sessions of somebody else's table need no row there."""
        for part in self._beside:
            if part == "codec":
                if record.codec is not self._codec:
                    return True
            elif part == "extra":
                if record.extra:
                    return True
            elif part == "expires_at":
                if record.expires_at_ms is not None or lifetime_ms is not None:
                    return True
            elif getattr(record, f"{part}_ms") is not None:
                return True
        return False

    def beside_flag(self, record: SessionRecord, lifetime_ms: int | None) -> bytes:
        return TRUE if self._beside and self.beside(record, lifetime_ms) else FALSE

    def decode(self, session_id: str, version: Version, result: PGresult, row: int, first: int) -> SessionRecord | None:
        """The columns of `Parts.selected` from `first` on; None where there is no value."""
        get = result.get_value
        value = get(row, first)
        if value is None:
            return None
        codec, extra = get(row, first + 1), get(row, first + 6)
        return SessionRecord(
            session_id,
            value,
            KNOWN_CODECS.get(text(codec), self._codec) if codec else self._codec,
            number(get(row, first + 2)),
            number(get(row, first + 3)),
            number(get(row, first + 4)),
            number(get(row, first + 5)),
            json.loads(extra) if extra else {},
            version,
        )


def holdable(ids: Sequence[str]) -> list[str]:
    """Those that PostgreSQL's text can hold; nothing lives under the others."""
    return [name for name in ids if "\0" not in name]
