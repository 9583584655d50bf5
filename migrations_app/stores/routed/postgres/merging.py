"""The statements of a staged adoption, in the order in which they run.

`snakeweb_stage` holds the sessions' parts, `snakeweb_held` what is known of every id of the batch; both are emptied
by the commit. What a statement finds out it notes in `snakeweb_held`, and what is refused is taken out of it.

Nobody has analyzed the staging tables, so that the planner may take a batch of five for a thousand and read the whole
table of sessions for it. An array of the keys (`AMONG`) is looked up in the index whatever it thinks of them.
"""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from migrations_app.stores.routed.postgres.names import SEQUENCE_LOCK
from migrations_app.stores.routed.postgres.parts import NOW_MS, Parts
from migrations_app.stores.sessions.postgres.columns import Column, later_expression
from migrations_app.stores.sessions.postgres.table import quoted, raw, stage_name

HELD = "snakeweb_held"
AMONG = f"= ANY (ARRAY(SELECT key FROM {HELD}))"
_UNVERSIONED = "(0, 0)"


class Merge:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        names, key = parts.names, parts.key
        self.locks = [raw(_lock(names.main, key, "there")), raw(_lock(names.route, "key", "known"))]
        self.raisings = [raw(self._raise_deadlines())] if parts.deadline else []
        refusals = [
            raw(
                f"DELETE FROM {HELD} h USING {names.route} r "
                f"WHERE r.key = h.key AND r.key {AMONG} AND (r.epoch, r.seq) >= (h.epoch, h.seq)"
            ),
            # Where a session lives that has no version, something is known all the same.
            raw(
                f"DELETE FROM {HELD} h USING {names.main} t WHERE (h.epoch, h.seq) = {_UNVERSIONED} "
                f"AND t.{key} = h.key AND t.{key} {AMONG} AND {parts.live_of_main()}"
            ),
        ]
        self.effects = [*refusals, *(raw(statement) for statement in self._effects())]
        self.outcome = raw(f"SELECT count(*) FROM {HELD}")
        # As `Journal.lift_sequence`, for a pipeline: what is minted here from now on is above what was adopted.
        highest = f"(SELECT max(seq) AS seq FROM {HELD}) h, {names.of('seq')} s WHERE s.last_value"
        self.lifts = [
            raw(
                f"SELECT pg_advisory_xact_lock({names.lock}, {SEQUENCE_LOCK}) FROM {highest} < h.seq OR NOT s.is_called"
            ),
            raw(
                f"SELECT setval({names.sequence('seq')}, h.seq) FROM {highest} < h.seq "
                "OR s.last_value = h.seq AND NOT s.is_called"
            ),
        ]

    def stage_statement(self) -> str:
        return (
            f"CREATE TEMP TABLE IF NOT EXISTS {HELD} (key text COLLATE {self._parts.layout.collation}, "
            "bucket smallint, epoch bigint, seq bigint, dead boolean, beside boolean, "
            "there boolean NOT NULL DEFAULT false, known boolean NOT NULL DEFAULT false) ON COMMIT DELETE ROWS"
        )

    def _raise_deadlines(self) -> str:
        """Of an equal version: the later deadline. A side table without a row means never, which is the latest."""
        parts, column = self._parts, self._parts.deadline
        assert column is not None  # noqa: S101 - asked for only then
        table, alias, key = (
            (parts.names.main, "t", parts.key) if parts.deadline_in_main else (parts.names.side, "v", "key")
        )
        mine = f"{alias}.{quoted(column.name)}"
        later = later_expression(mine, f"s.{stage_name(column)}")
        return (
            f"UPDATE {table} {alias} SET {quoted(column.name)} = {later} "
            f"FROM snakeweb_stage s JOIN {HELD} h ON h.key = s.key JOIN {parts.names.route} r ON r.key = s.key "
            f"WHERE {alias}.{key} = s.key AND {alias}.{key} {AMONG} AND h.there AND r.dead_at IS NULL "
            f"AND (r.epoch, r.seq) = (h.epoch, h.seq) AND {mine} IS DISTINCT FROM {later}"
        )

    def _effects(self) -> list[str]:
        parts, names, key = self._parts, self._parts.names, self._parts.key
        main = list(parts.layout.main.values())
        listed, given = _listed(main), ", ".join(_staged(column) for column in main)
        sets = ", ".join(f"{quoted(c.name)} = {_staged(c)}" for c in main if c.part != "key")
        staged = f"snakeweb_stage s JOIN {HELD} h ON h.key = s.key"
        effects = [
            f"DELETE FROM {names.main} t USING {HELD} h WHERE t.{key} = h.key AND t.{key} {AMONG} AND h.dead",
            f"UPDATE {names.main} t SET {sets} FROM {staged} WHERE t.{key} = s.key AND t.{key} {AMONG} AND h.there",
            f"INSERT INTO {names.main} ({listed}) SELECT {given} FROM {staged} WHERE NOT h.there",
        ]
        if parts.side:
            side = list(parts.layout.side.values())
            replaced = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in side if c.part != "key")
            effects += [
                f"DELETE FROM {names.side} v USING {HELD} h WHERE v.key = h.key AND v.key {AMONG} AND NOT h.beside",
                f"INSERT INTO {names.side} ({_listed(side)}) SELECT {', '.join(_staged(column) for column in side)} "
                f"FROM {staged} WHERE h.beside ON CONFLICT (key) DO UPDATE SET {replaced}",
            ]
        dead = f"CASE WHEN h.dead THEN {NOW_MS} END"
        return [
            *effects,
            f"UPDATE {names.route} r SET epoch = h.epoch, seq = h.seq, dead_at = {dead} FROM {HELD} h "
            f"WHERE r.key = h.key AND r.key {AMONG} AND h.known",
            f"INSERT INTO {names.route} (key, bucket, epoch, seq, dead_at) SELECT h.key, h.bucket, h.epoch, h.seq, "
            f"{dead} FROM {HELD} h WHERE NOT h.known AND (h.epoch, h.seq) <> {_UNVERSIONED}",
        ]


def _lock(table: str, key: str, note: str) -> str:
    return (
        f"WITH met AS (SELECT l.{key} AS key FROM {table} l JOIN {HELD} h ON l.{key} = h.key WHERE l.{key} {AMONG} "
        f"ORDER BY l.{key} FOR UPDATE OF l) UPDATE {HELD} h SET {note} = true FROM met WHERE h.key = met.key"
    )


def _listed(columns: list[Column]) -> str:
    return ", ".join(quoted(column.name) for column in columns)


def _staged(column: Column) -> str:
    if column.part in ("ver_epoch", "ver_seq"):
        return "0"
    return "s.key" if column.part == "key" else f"s.{stage_name(column)}"
