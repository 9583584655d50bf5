"""A journal as long as a big migration's, written by the database itself behind what a run has told so far."""

from django.db import connection, transaction

from migrations_app.models import Run

RARE = 10_007  # every so many lines is a warning
_BEGIN = "2026-03-01 12:00:00"
_AT = {
    "sqlite": f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', '{_BEGIN}', (n.seq * 0.02) || ' seconds')",
    "postgresql": f"timestamptz '{_BEGIN}+00' + n.seq * interval '20 milliseconds'",
}
_JSON = {"sqlite": "{}", "postgresql": "CAST({} AS jsonb)"}
_ESC = "\\u001b"
_LINE = f"""'{{"level": "' || CASE WHEN n.seq %% %s = 0 THEN 'warning", "message": "met ' || %s || ' in batch '
    ELSE 'info", "message": "{_ESC}[32mbatch{_ESC}[0m ' END || n.seq || ' of the copy"}}'"""


def lengthen(run: Run, upto: int, *, what: str = "the needle", rare: int = RARE) -> None:
    """Log lines up to this sequence number, one each 20 ms, their first word in green; rarely a warning of `what`."""
    vendor = connection.vendor
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE n(seq) AS (SELECT CAST(%s AS bigint) UNION ALL SELECT seq + 1 FROM n WHERE seq < %s)
            INSERT INTO migrations_app_runevent
              (run_id, seq, at, type, step, "partition", attempt, payload, format, level)
            SELECT %s, n.seq, {_AT[vendor]}, 'Logged', 'one', 0, 0, {_JSON[vendor].format(_LINE)}, 1,
              CASE WHEN n.seq %% %s = 0 THEN 'warning' ELSE 'detail' END
            FROM n
            """,  # noqa: S608  (words of our own)
            [run.last_seq + 1, upto, run.pk, rare, what, rare],
        )
        Run.objects.filter(pk=run.pk).update(last_seq=upto)
    run.refresh_from_db()
