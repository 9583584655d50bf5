"""What a database's tables are, in words that are the same for every kind of database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TypeKind(StrEnum):
    """What a column holds. TIMESTAMP is without a time zone, INSTANT is a point in time."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    ARRAY = "array"
    ANY = "any"  # a SQLite column without a declared type: each row may hold another
    OTHER = "other"


class Generated(StrEnum):
    """Who makes a column's values. BY_DEFAULT: the database, unless a row brings one."""

    NO = ""
    STORED = "stored"
    VIRTUAL = "virtual"
    ALWAYS = "identity_always"
    BY_DEFAULT = "identity_by_default"


AS_MADE = (Generated.STORED, Generated.VIRTUAL)  # never written


@dataclass(frozen=True, slots=True)
class ColumnType:
    """`native` is the type as its database writes it. None is without a limit.

    `bits`: of INTEGER, with its sign, and FLOAT. `precision`, `scale`: decimal digits of DECIMAL; `precision` of times
    are the digits of a second. `length`: characters of TEXT, bytes of BYTES. `element`: of ARRAY.
    """

    kind: TypeKind
    native: str
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    element: "ColumnType | None" = None

    @property
    def unsigned(self) -> bool:
        """Of an INTEGER of MySQL: it holds no negative number."""
        return self.native.upper().endswith("UNSIGNED")


@dataclass(frozen=True, slots=True)
class Column:
    """`default` is the expression as its database writes it. `collation` is '' for the database's own."""

    name: str
    type: ColumnType
    nullable: bool = True
    default: str | None = None
    generated: Generated = Generated.NO
    collation: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key, or a unique one over columns that are never null."""

    name: str
    columns: tuple[str, ...]
    primary: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`table` is the name of the other one as `Catalogue.tables` has it; it may be the same table.

    `actions`: what happens when the other row goes or changes, as SQL (`ON DELETE CASCADE`); '' refuses it.
    """

    name: str
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]
    deferrable: bool = False
    actions: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What gives `column` its next value. `last`: the greatest value handed out; None before the first."""

    name: str
    column: str
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """`columns` is empty where it is not plainly of columns (an expression, a condition, an order, another method).

    `definition` is the statement as its database writes it.
    """

    name: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is `schema.table` in PostgreSQL and `table` in SQLite. `rows` and `bytes` are estimates, free to read.

    `keys`: the primary one first. `indexes`, `triggers` and `checks` are names; `built` says more of those indexes
    that belong to no key.
    """

    name: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    indexes: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0
    built: tuple[Index, ...] = ()

    def column(self, name: str) -> Column | None:
        return next((one for one in self.columns if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The tables that were asked for and are there. `encoding` and `time_zone` are the database's.

    `details`: `engine` is the one of the configuration, or the dialect; `schemas` are the configured ones, `left_out`
    what is there and no table (views, foreign and virtual tables), each with commas between. `collation` is how the
    database orders text, in words that can be compared between servers (`C` is the order of bytes; else
    `icu:de-DE:153.120`, `libc:en_US.UTF-8:2.36`), and a column's `collation` is in the same words.
    """

    tables: Mapping[str, Table]
    encoding: str = "UTF8"
    time_zone: str = "UTC"
    details: Mapping[str, str] = field(default_factory=dict)
