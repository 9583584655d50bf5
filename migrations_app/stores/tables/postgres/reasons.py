"""What PostgreSQL says of a row that it refuses, without the row's values."""

import re

import psycopg

_LINE = re.compile(r"COPY [^\n]*?, line (\d+)")
_COLUMN = re.compile(r"COPY [^\n]*?, line \d+, column ([^\n:]+)")


def reason_of(error: psycopg.Error) -> str:
    """A sentence for people: the server's words, of quoted parts only the names of tables, columns and constraints."""
    diagnostics = error.diag
    text = diagnostics.message_primary or str(error).strip().split("\n")[0]
    column = diagnostics.column_name or _of(_COLUMN, diagnostics.context)
    names = {diagnostics.constraint_name, diagnostics.table_name, column}
    said = re.sub(r'"([^"]*)"', lambda found: f"“{found[1]}”" if found[1] in names else "…", text)
    said = re.sub(r"'[^']*'", "…", said)[:300]
    if column and column not in said:
        said += f" (column “{column}”)"
    if diagnostics.constraint_name and diagnostics.constraint_name not in said:
        said += f" (constraint “{diagnostics.constraint_name}”)"
    return f"{said[:1].upper()}{said[1:]}."


def line_of(error: psycopg.Error) -> int | None:
    """Which row of a COPY it was, from 1, as far as the server says."""
    line = _of(_LINE, error.diag.context)
    return int(line) if line else None


def _of(pattern: "re.Pattern[str]", text: str | None) -> str:
    found = pattern.search(text or "")
    return found[1] if found else ""
