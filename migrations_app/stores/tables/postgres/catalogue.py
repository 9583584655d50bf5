"""The tables of a PostgreSQL database, read from its system catalogue in one snapshot.

Names are qualified whatever the search path: it is `pg_catalog` alone while this reads. A partitioned table is one
table, its partitions are none; Snakeweb's own side tables (`snakeweb_*`) are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.postgres.collations import collation_of, database_collation
from migrations_app.stores.tables.postgres.types import PostgresType, column_type
from migrations_app.stores.tables.schema import (
    Catalogue,
    Column,
    ForeignKey,
    Generated,
    Index,
    Key,
    Table,
)
from migrations_app.stores.tables.schema import (
    Sequence as SequenceOf,
)

_TABLES = """
SELECT c.oid, n.nspname || '.' || c.relname,
       greatest(0, CASE WHEN c.relkind = 'p' THEN
         (SELECT sum(greatest(p.reltuples, 0)) FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid
          WHERE t.isleaf) ELSE c.reltuples END)::bigint,
       CASE WHEN c.relkind = 'p' THEN
         (SELECT coalesce(sum(pg_table_size(t.relid)), 0) FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
         ELSE pg_table_size(c.oid) END::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT LIKE 'snakeweb\\_%%'
  AND (%(tables)s::text[] IS NULL OR n.nspname || '.' || c.relname = ANY(%(tables)s))
ORDER BY 2
"""
_LEFT_OUT = """
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('v', 'm', 'f') ORDER BY 1
"""
_TYPES = """
SELECT oid, typname, format_type(oid, NULL), typcategory = 'A' AND typelem <> 0,
       CASE WHEN typtype = 'd' THEN typbasetype ELSE 0 END, typelem, typtypmod
FROM pg_type WHERE typtype <> 'c'
   OR oid IN (SELECT atttypid FROM pg_attribute WHERE attrelid = ANY(%s))
"""
_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
       CASE WHEN a.attcollation NOT IN (0, 'pg_catalog.default'::regcollation) THEN to_jsonb(l) END
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
# What is plain: a B-tree over whole columns in their usual order, without a condition.
_INDEXES = """
SELECT i.indrelid, c.relname, i.indisprimary, i.indisunique, i.indisvalid AND i.indimmediate,
       i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree' AND NOT (0 <> ANY(i.indoption::int2[])),
       (i.indkey::int2[])[0:i.indnkeyatts - 1], i.indnatts = i.indnkeyatts, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = ANY(%s) ORDER BY i.indrelid, NOT i.indisprimary, c.relname
"""
_CONSTRAINTS = """
SELECT o.conrelid, o.contype, o.conname, o.conkey, n.nspname || '.' || f.relname,
       (SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(o.confkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number), o.condeferrable,
       o.confdeltype, o.confupdtype
FROM pg_constraint o LEFT JOIN pg_class f ON f.oid = o.confrelid LEFT JOIN pg_namespace n ON n.oid = f.relnamespace
WHERE o.conrelid = ANY(%s) AND o.contype IN ('f', 'c') AND o.conparentid = 0 ORDER BY o.conrelid, o.conname
"""
_TRIGGERS = "SELECT tgrelid, tgname FROM pg_trigger WHERE tgrelid = ANY(%s) AND NOT tgisinternal ORDER BY tgname"
# Of identity and serial columns by ownership, of any other by the default that calls it.
_SEQUENCES = """
SELECT DISTINCT d.table_oid, n.nspname || '.' || s.relname, a.attname,
       CASE WHEN has_sequence_privilege(s.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(s.oid) END
FROM (
  SELECT refobjid AS table_oid, refobjsubid AS number, objid AS sequence FROM pg_depend
  WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    AND refobjsubid > 0
  UNION
  SELECT f.adrelid, f.adnum, p.refobjid FROM pg_depend p JOIN pg_attrdef f ON f.oid = p.objid
  WHERE p.classid = 'pg_attrdef'::regclass AND p.refclassid = 'pg_class'::regclass
) d
JOIN pg_class s ON s.oid = d.sequence AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = d.table_oid AND a.attnum = d.number
WHERE d.table_oid = ANY(%s) ORDER BY 1, 3
"""
_GENERATED = {"s": Generated.STORED, "v": Generated.VIRTUAL, "a": Generated.ALWAYS, "d": Generated.BY_DEFAULT}
_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
Rows = Mapping[int, list[tuple[Any, ...]]]


def read_catalogue(
    connection: Connection, schemas: Sequence[str], tables: Sequence[str] | None, *, encoding: str, time_zone: str
) -> Catalogue:
    """On a connection in autocommit. Raises what the driver raises."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL search_path = pg_catalog")
        named = None if tables is None else list(tables)
        found = connection.execute(_TABLES, {"schemas": list(schemas), "tables": named}).fetchall()
        oids = [[row[0] for row in found]]
        types = {row[0]: PostgresType(*row[1:]) for row in connection.execute(_TYPES, oids)}
        columns, indexes, constraints, triggers, sequences = (
            _by_table(connection.execute(query, oids))
            for query in (_COLUMNS, _INDEXES, _CONSTRAINTS, _TRIGGERS, _SEQUENCES)
        )
        left_out = [row[0] for row in connection.execute(_LEFT_OUT, [list(schemas)])]
        collation = database_collation(connection)
    read = {}
    for oid, name, rows, size in found:
        names = {row[0]: row[1] for row in columns[oid]}
        of_columns = tuple(_column(types, *row[1:]) for row in columns[oid])
        nullable = {each.name for each in of_columns if each.nullable}
        read[name] = Table(
            name=name,
            columns=of_columns,
            keys=tuple(_keys(indexes[oid], names, nullable)),
            foreign_keys=tuple(_foreign_keys(constraints[oid], names)),
            sequences=tuple(SequenceOf(*row) for row in sequences[oid]),
            indexes=tuple(row[0] for row in indexes[oid]),
            triggers=tuple(row[0] for row in triggers[oid]),
            checks=tuple(row[1] for row in constraints[oid] if row[0] == "c"),
            rows=rows,
            bytes=size,
            built=tuple(_built(indexes[oid], names)),
        )
    details = {
        "engine": "postgres",
        "schemas": ", ".join(schemas),
        "collation": collation,
        "left_out": ", ".join(left_out),
    }
    return Catalogue(read, encoding, time_zone, details)


def _by_table(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Without the table's own number."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _column(
    types: Mapping[int, PostgresType],
    name: str,
    type_oid: int,
    modifier: int,
    shown: str,
    not_null: bool,
    expression: str | None,
    generated: str,
    identity: str,
    collation: Mapping[str, Any] | None,
) -> Column:
    return Column(
        name=name,
        type=column_type(types, type_oid, modifier, shown),
        nullable=not not_null,
        default=expression,
        generated=_GENERATED.get(generated or identity, Generated.NO),
        collation=collation_of(collation) if collation else "",
    )


def _keys(indexes: Iterable[tuple[Any, ...]], names: Mapping[int, str], nullable: set[str]) -> Iterable[Key]:
    for name, primary, unique, usable, plain, numbers, _, _ in indexes:
        if unique and usable and plain and not {names[number] for number in numbers} & nullable:
            yield Key(name, tuple(names[number] for number in numbers), primary)


def _built(indexes: Iterable[tuple[Any, ...]], names: Mapping[int, str]) -> Iterable[Index]:
    for name, primary, unique, usable, plain, numbers, whole, definition in indexes:
        if not primary:
            of_columns = tuple(names[number] for number in numbers) if usable and plain and whole else ()
            yield Index(name, of_columns, unique, definition)


def _foreign_keys(constraints: Iterable[tuple[Any, ...]], names: Mapping[int, str]) -> Iterable[ForeignKey]:
    for kind, name, numbers, table, referred, deferrable, on_delete, on_update in constraints:
        if kind == "f":
            actions = " ".join(
                f"ON {event} {_ACTIONS[action]}"
                for event, action in (("DELETE", on_delete), ("UPDATE", on_update))
                if action in _ACTIONS
            )
            columns = tuple(names[number] for number in numbers)
            yield ForeignKey(name, columns, table, tuple(referred), deferrable, actions)
