"""What the change log keeps in PostgreSQL: a schema beside the tables, and triggers on them.

owner      one row: the run that it belongs to, and the worker that changed it last, as a run and a token
watched    one row for each table, as it was when its triggers were made
log        one row for each change
revoked    write privileges that were taken away, until they are given back
"""

from psycopg.sql import SQL, Composed, Identifier

SCHEMA = "snakeweb_changes"
CHANGED, EMPTIED = "snakeweb_changed", "snakeweb_emptied"
CLOSED, CLOSED_EMPTIED = "snakeweb_closed", "snakeweb_closed_emptied"

TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.owner (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), run integer NOT NULL, by integer NOT NULL, token bigint NOT NULL);
CREATE TABLE IF NOT EXISTS {SCHEMA}.watched (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, relation oid NOT NULL,
  key text[] NOT NULL, columns text[] NOT NULL, triggers oid[] NOT NULL);
CREATE TABLE IF NOT EXISTS {SCHEMA}.log (
  number integer NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, key text[],
  at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (number, id))
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE TABLE IF NOT EXISTS {SCHEMA}.revoked (
  schema text NOT NULL, name text NOT NULL, field text NOT NULL, grantee text NOT NULL, privilege text NOT NULL,
  grantable boolean NOT NULL, until timestamptz NOT NULL);
"""

# A table by the name that the catalogue gives it, whatever characters that has.
FIND = """
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_has_role(c.relowner, 'USAGE') FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = %s AND c.relkind IN ('r', 'p')
"""

# It, and whatever inherits from it: (oid, schema, name, kind).
MEMBERS = """
WITH RECURSIVE tree AS (SELECT %s::oid AS oid
  UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
SELECT c.oid, n.nspname, c.relname, c.relkind FROM tree JOIN pg_class c USING (oid)
JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY c.oid
"""

# Columns as they are, each in one text.
COLUMNS = """
SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
  ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
"""


def table_name(schema: str, table: str) -> Composed:
    return SQL(".").join([Identifier(schema), Identifier(table)])


def function_name(number: int) -> Composed:
    return table_name(SCHEMA, f"changed_{number}")
