"""How a PostgreSQL server stands; whoever may connect may ask, and is told less without `pg_monitor`."""

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.base import Standing

# A replica that has replayed all it received is level, however long ago that was. Without the right to see it, the lag
# of a primary's replicas is null. Other tables are counted by the statistics, which cost nothing to read.
_ASK = """
SELECT pg_is_in_recovery(),
       CASE WHEN NOT pg_is_in_recovery()
                THEN (SELECT (max(extract(epoch FROM replay_lag)) * 1000)::bigint FROM pg_stat_replication)
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END,
       current_setting('fsync')::boolean,
       (SELECT coalesce(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables
         WHERE relid IS DISTINCT FROM to_regclass(%s))
"""


def standing(connection: Connection, table: str) -> Standing:
    """`table` holds the sessions, `table` or `schema.table`; it need not exist."""
    row = connection.execute(_ASK, [table]).fetchone()
    if row is None:
        return Standing()
    replica, lag_ms, durable, others = row
    return Standing(replica=replica, replica_lag_ms=lag_ms, durable=durable, other_records=others)
