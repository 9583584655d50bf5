"""The functions that clients call under a guard: write, touch, delete. PROTOCOL 5.2 and 7 bind.

Each is called in autocommit, so that it is a transaction of its own, and in READ COMMITTED, so that each statement
in it sees what is committed by then. The order is the protocol's:

1. the bucket's advisory lock, shared: `raise_fence` takes it exclusively, and so waits for every write under way;
2. the fence, by a statement of its own: its snapshot is younger than the lock;
3. the session's row, then the row of its version. Triggers on legacy writes take them in the same order, so the
   two cannot wait for each other in a circle. The seq is minted when both are held: an id's versions are in the
   order of commits.

A refusal is a row, not an error: outcome `fenced` with the fence and the mirrored route record.
"""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from migrations_app.stores.routed.postgres.names import ADOPTION_LOCK
from migrations_app.stores.routed.postgres.parts import NOW_MS, Parts
from migrations_app.stores.sessions.postgres.columns import select_expression
from migrations_app.stores.sessions.postgres.table import quoted

_ANSWER = (
    "OUT sw_outcome text, OUT sw_ver_epoch bigint, OUT sw_ver_seq bigint, OUT sw_expires_ms bigint, "
    "OUT sw_fence bigint, OUT sw_document text"
)
_VARIABLES = "sw_now timestamptz; sw_ms bigint; sw_floor bigint; sw_live boolean; sw_there boolean; sw_void text;"
# Assignments, not PERFORM: the server computes them without the machinery of a query.
_FLAG = "sw_void := set_config('snakeweb.routed', '1', true);"
_UNFLAG = "sw_void := set_config('snakeweb.routed', '', true);"


def write_function(parts: Parts) -> str:
    values = _values(parts)
    deadline = parts.deadline
    given = "".join(f"sw_{column.part} {column.type}, " for column in parts.written)
    moved = f"IF sw_lifetime IS NOT NULL THEN sw_expires_at := {parts.ends_after('sw_lifetime', 'sw_ms')}; END IF;"
    beside = f"""
  IF sw_beside THEN {parts.upsert(values, side=True)};
  ELSE DELETE FROM {parts.names.side} v WHERE v.key = sw_key; END IF;"""
    body = f"""
  {_guard(parts)}
  {moved if deadline else ""}
  {_FLAG}
  IF sw_condition = 'any' AND sw_expected_epoch IS NULL THEN
    {parts.upsert(values)};
  ELSE
    LOOP
      {_look(parts)}
      IF sw_condition = 'absent' AND sw_live THEN sw_outcome := 'exists';
      ELSIF sw_condition = 'present' AND NOT sw_live THEN sw_outcome := 'missing';
      ELSIF sw_expected_epoch IS NOT NULL AND NOT sw_live THEN sw_outcome := 'missing';
      ELSIF sw_expected_epoch IS NOT NULL AND (sw_ver_epoch, sw_ver_seq) <> (sw_expected_epoch, sw_expected_seq) THEN
        sw_outcome := 'changed';
      END IF;
      IF sw_outcome IS NOT NULL THEN {_UNFLAG} RETURN; END IF;
      IF sw_there THEN
        UPDATE {parts.names.main} t SET {parts.sets(values)} WHERE t.{parts.key} = sw_key;
        EXIT;
      END IF;
      {parts.insert(values)};
      EXIT WHEN FOUND;  -- else somebody created it meanwhile: look again
    END LOOP;
  END IF;{beside if parts.side else ""}
  {_mint(parts)}
  {_UNFLAG}
  sw_outcome := 'written';
  sw_expires_ms := {parts.stored("sw_expires_at")};"""
    arguments = (
        "sw_journaled boolean, sw_condition text, sw_expected_epoch bigint, sw_expected_seq bigint, "
        f"sw_lifetime bigint, sw_beside boolean, {given}"
    )
    return _function(parts, "write1", arguments, "", body)


def touch_function(parts: Parts) -> str:
    column = parts.deadline
    change = ""
    if column is not None:
        name = quoted(column.name)
        update = (
            f"UPDATE {parts.names.main} t SET {name} = sw_deadline WHERE t.{parts.key} = sw_key"
            if parts.deadline_in_main
            else parts.begin_side("sw_deadline", "sw_key")
        )
        change = f"""
  IF sw_length IS NOT NULL THEN
    sw_deadline := {parts.ends_after("sw_length", "sw_ms")};
    {update};
  END IF;"""
    ttl = parts.reference("ttl")
    length = select_expression(parts.layout.column("ttl"), ttl) if ttl != "NULL" else "NULL::bigint"
    body = f"""
  {_guard(parts)}
  {_FLAG}
  PERFORM FROM {parts.names.main} t WHERE t.{parts.key} = sw_key FOR UPDATE;
  SELECT {parts.live("sw_now")}, coalesce(sw_lifetime, {length}), {parts.reference("expires_at")}
    INTO sw_live, sw_length, sw_deadline FROM {parts.source()} WHERE t.{parts.key} = sw_key;
  IF NOT coalesce(sw_live, false) THEN
    sw_outcome := 'missing'; sw_ver_epoch := 0; sw_ver_seq := 0;
    {_UNFLAG}
    RETURN;
  END IF;{change}
  {_mint(parts)}
  {_UNFLAG}
  sw_outcome := 'written';
  sw_expires_ms := {parts.stored("sw_deadline")};"""
    variables = f"sw_length bigint; sw_deadline {column.type if column else 'bigint'};"
    return _function(parts, "touch1", "sw_journaled boolean, sw_lifetime bigint, ", variables, body)


def delete_function(parts: Parts) -> str:
    """Where nothing was, somebody may be creating the session: once the version's row is held, whoever came before
    has committed and is seen, and whoever comes later gets a later version."""
    gone = (
        f"DELETE FROM {parts.names.main} t WHERE t.{parts.key} = sw_key "
        f"RETURNING {parts.live_of_main('sw_now')} INTO sw_live"
    )
    beside = f"DELETE FROM {parts.names.side} v WHERE v.key = sw_key;" if parts.side else ""
    body = f"""
  {_guard(parts)}
  {_FLAG}
  {gone};
  sw_there := FOUND;
  IF NOT sw_there THEN PERFORM pg_advisory_xact_lock({parts.names.lock}, {ADOPTION_LOCK}); END IF;
  {_mint(parts, dead="sw_ms")}
  IF NOT sw_there THEN {gone}; END IF;
  {beside}
  {_UNFLAG}
  sw_outcome := CASE WHEN sw_live THEN 'written' ELSE 'missing' END;"""
    return _function(parts, "delete1", "sw_journaled boolean, ", "", body)


def minting(parts: Parts, *, epoch: str, dead: str, marked: str, bucket: str = "sw_bucket", key: str = "sw_key") -> str:
    """Mint the next version of an id. The row is held when the seq of an update is minted, and an id's first row
    needs no more than the unique key. An id that came from another store with a seq ahead of ours stays ahead."""
    seq = f"nextval({parts.names.sequence('seq')})"
    return f"""INSERT INTO {parts.names.route} AS r (key, bucket, epoch, seq, dead_at, dirty_at)
    VALUES ({key}, {bucket}, {epoch}, {seq}, {dead}, {marked})
  ON CONFLICT (key) DO UPDATE SET epoch = greatest(r.epoch, excluded.epoch),
    seq = greatest({seq}, CASE WHEN r.epoch >= excluded.epoch THEN r.seq + 1 END),
    dead_at = excluded.dead_at, dirty_at = coalesce(r.dirty_at, excluded.dirty_at)
  RETURNING r.epoch, r.seq"""


def _values(parts: Parts) -> dict[str, str]:
    return {"key": "sw_key"} | {column.part: f"sw_{column.part}" for column in parts.written}


def _function(parts: Parts, name: str, arguments: str, variables: str, body: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {parts.names.of(name)}(sw_key text, sw_bucket integer, sw_epoch bigint,
  {arguments}{_ANSWER}) LANGUAGE plpgsql VOLATILE AS $snakeweb$
DECLARE {_VARIABLES} {variables}
BEGIN{body}
END $snakeweb$"""


def _guard(parts: Parts) -> str:
    return f"""IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'snakeweb: call this in READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  sw_void := pg_advisory_xact_lock_shared({parts.names.lock}, sw_bucket)::text;
  SELECT b.fence, b.floor INTO sw_fence, sw_floor FROM {parts.names.buckets} b WHERE b.bucket = sw_bucket;
  IF sw_fence IS NULL OR sw_fence > sw_epoch THEN
    sw_outcome := 'fenced';
    SELECT s.document INTO sw_document FROM {parts.names.state} s;
    RETURN;
  END IF;
  sw_now := clock_timestamp();
  sw_ms := {NOW_MS.replace("clock_timestamp()", "sw_now")};"""


def _look(parts: Parts) -> str:
    """Lock the session's row and its version's, then see what they hold. Leaves an answer's version and deadline."""
    return f"""PERFORM FROM {parts.names.main} t WHERE t.{parts.key} = sw_key FOR UPDATE;
      sw_there := FOUND; sw_live := false; sw_ver_epoch := 0; sw_ver_seq := 0; sw_expires_ms := NULL;
      IF sw_there THEN
        SELECT {parts.live("sw_now")}, {parts.stored(parts.reference("expires_at"))} INTO sw_live, sw_expires_ms
          FROM {parts.source()} WHERE t.{parts.key} = sw_key;
        IF sw_live THEN
          SELECT r.epoch, r.seq INTO sw_ver_epoch, sw_ver_seq FROM {parts.names.route} r
            WHERE r.key = sw_key FOR UPDATE;
          sw_ver_epoch := coalesce(sw_ver_epoch, 0); sw_ver_seq := coalesce(sw_ver_seq, 0);
        ELSE sw_expires_ms := NULL;
        END IF;
      END IF;"""


def _mint(parts: Parts, *, dead: str = "NULL") -> str:
    mint = minting(
        parts, epoch="greatest(sw_epoch, sw_floor)", dead=dead, marked="CASE WHEN sw_journaled THEN sw_ms END"
    )
    return f"{mint} INTO sw_ver_epoch, sw_ver_seq;"
