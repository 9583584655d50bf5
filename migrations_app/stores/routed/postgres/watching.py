"""Triggers on the session table: what is written without a guard is versioned, marked and counted all the same.

They run with the rights of whoever joined the table to the route, so that an application whose user knows nothing of
the tables beside it goes on unhindered. They take the bucket's lock like everybody, so a fence waits for the
transaction of a legacy writer too. Rows that a cleaner deletes after their deadline are no logouts: nobody looks.
"""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from migrations_app.engine.ports import BUCKETS
from migrations_app.stores.routed.postgres.functions import minting
from migrations_app.stores.routed.postgres.names import TRIGGERS
from migrations_app.stores.routed.postgres.parts import NOW_MS, Parts

BUILT_IN_CRC32 = 180000  # the first server that has the function
_WRITTEN, _DELETED, _EMPTIED = TRIGGERS
_FOREIGN = "current_setting('snakeweb.routed', true) IS DISTINCT FROM '1'"


def bucket_function(parts: Parts, server_version: int) -> str:
    """`bucket_of` on the server: CRC-32 of the id's UTF-8 bytes, modulo 256."""
    head = f"CREATE OR REPLACE FUNCTION {parts.names.of('bucket1')}(sw_key text) RETURNS integer STABLE"
    if server_version >= BUILT_IN_CRC32:
        return (
            f"{head} LANGUAGE sql AS $snakeweb$ SELECT (crc32(convert_to(sw_key, 'UTF8')) % {BUCKETS})::int $snakeweb$"
        )
    table = ",".join(str(each) for each in _crc_table())
    return f"""{head} LANGUAGE plpgsql AS $snakeweb$
DECLARE
  sw_bytes bytea := convert_to(sw_key, 'UTF8');
  sw_table CONSTANT bigint[] := '{{{table}}}';
  sw_crc bigint := 4294967295;
BEGIN
  FOR sw_at IN 0 .. length(sw_bytes) - 1 LOOP
    sw_crc := sw_table[((sw_crc # get_byte(sw_bytes, sw_at)) & 255) + 1] # (sw_crc >> 8);
  END LOOP;
  RETURN (sw_crc # 4294967295) % {BUCKETS};
END $snakeweb$"""


def mint_function(parts: Parts) -> str:
    mint = minting(parts, epoch="greatest(sw_fence, sw_floor)", dead="CASE WHEN sw_dead THEN sw_ms END", marked="sw_ms")
    return f"""CREATE OR REPLACE FUNCTION {parts.names.of("mint1")}(sw_key text, sw_dead boolean) RETURNS void
LANGUAGE plpgsql VOLATILE AS $snakeweb$
DECLARE sw_bucket integer := {parts.names.of("bucket1")}(sw_key); sw_fence bigint; sw_floor bigint; sw_ms bigint;
  sw_epoch bigint; sw_seq bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared({parts.names.lock}, sw_bucket);
  SELECT b.fence, b.floor INTO sw_fence, sw_floor FROM {parts.names.buckets} b WHERE b.bucket = sw_bucket;
  sw_ms := {NOW_MS};
  {mint} INTO sw_epoch, sw_seq;
END $snakeweb$"""


def watch_function(parts: Parts) -> str:
    mint, key, seq = parts.names.of("mint1"), parts.key, f"nextval({parts.names.sequence('seq')})"
    beside = f"DELETE FROM {parts.names.side} v WHERE v.key = OLD.{key};" if parts.side else ""
    return f"""CREATE OR REPLACE FUNCTION {parts.names.of("watch1")}() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $snakeweb$
BEGIN
  PERFORM nextval({parts.names.sequence("legacy")});
  IF TG_OP = 'TRUNCATE' THEN
    UPDATE {parts.names.route} r SET epoch = greatest(r.epoch, b.fence, b.floor), seq = greatest({seq}, r.seq + 1),
      dead_at = {NOW_MS}, dirty_at = coalesce(r.dirty_at, {NOW_MS})
      FROM {parts.names.buckets} b WHERE b.bucket = r.bucket AND r.dead_at IS NULL;
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.{key} IS DISTINCT FROM NEW.{key} THEN
    PERFORM {mint}(OLD.{key}::text, true);
    {beside}
  END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM {mint}(NEW.{key}::text, false); END IF;
  RETURN NULL;
END $snakeweb$"""


def triggers(parts: Parts) -> dict[str, str]:
    """By name. A condition that is not true costs next to nothing: the event is not even queued."""
    main, watch = parts.names.main, f"EXECUTE FUNCTION {parts.names.of('watch1')}()"
    column = parts.deadline
    dying = f" AND {parts.live(reference='OLD.' + parts.reference('expires_at')[2:])}" if parts.deadline_in_main else ""
    assert column is not None or not dying  # noqa: S101 - a deadline in the table is a deadline
    return {
        _WRITTEN: f"CREATE TRIGGER {_WRITTEN} AFTER INSERT OR UPDATE ON {main} FOR EACH ROW WHEN ({_FOREIGN}) {watch}",
        _DELETED: f"CREATE TRIGGER {_DELETED} AFTER DELETE ON {main} FOR EACH ROW WHEN ({_FOREIGN}{dying}) {watch}",
        _EMPTIED: f"CREATE TRIGGER {_EMPTIED} AFTER TRUNCATE ON {main} FOR EACH STATEMENT WHEN ({_FOREIGN}) {watch}",
    }


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        table.append(crc)
    return table
