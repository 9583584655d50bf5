"""What of a table is moved, and as what it arrives: columns, a closed set of transforms, filters and ranges of keys."""

from dataclasses import dataclass
from enum import StrEnum

from migrations_app.stores.tables.schema import ColumnType, TypeKind

KeyValue = tuple[str, ...]
"""The values of a row's key in canonical text (`canonical.py`), exact and JSON-safe; in the order of the key."""


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IS_NULL = "is_null"
    NOT_NULL = "not_null"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Condition:
    """A row filter; those of one selection all hold. `values` are canonical texts, bound and never spliced."""

    column: str
    operator: Operator
    values: tuple[str, ...] = ()


class TransformKind(StrEnum):
    """Each has the same meaning in every kind of database, and is done there."""

    CONSTANT = "constant"  # this text in place of the value
    IF_NULL = "if_null"  # this text where the value is null
    NULL_IF = "null_if"  # null where the value is this text
    TRIM = "trim"  # without spaces at both ends
    LOWER = "lower"  # ASCII letters only: what else is lower differs between databases
    UPPER = "upper"
    CUT = "cut"  # at most so many characters
    ROUND = "round"  # so many digits after the point, halves away from zero
    TIME_ZONE = "time_zone"  # a TIMESTAMP was meant in this zone (only UTC and fixed offsets), and becomes an INSTANT
    EPOCH_SECONDS = "epoch_seconds"  # a number of seconds since 1970 becomes an INSTANT
    EPOCH_MILLISECONDS = "epoch_milliseconds"
    REMOVE_NUL = "remove_nul"  # PostgreSQL's text holds no NUL


@dataclass(frozen=True, slots=True)
class Transform:
    kind: TransformKind
    text: str = ""


AS_TEXT = ColumnType(TypeKind.TEXT, "text")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of the target, and the source's column (None: only `transforms`, which begin with CONSTANT then).

    `type` is what the target's column holds: both sides' canonical text of this column is of its kind.
    """

    target: str
    source: str | None
    transforms: tuple[Transform, ...] = ()
    type: ColumnType = AS_TEXT


@dataclass(frozen=True, slots=True)
class Selection:
    """One table's way. `source` and `target` are names of `Catalogue.tables`; `key` names source columns.

    The key's columns are mapped without a transform, so that a row keeps its key and both sides can be compared by it.
    Without a key a table goes in one chunk and is compared as a whole.

    `bytewise`: ranges follow the bytes of the key's canonical texts, not the order of the database, which no index
    helps with. It is for comparing two sides whose orders differ (`key_order.same_order`); copying never needs it.
    """

    source: str
    target: str
    key: tuple[str, ...]
    columns: tuple[Mapped, ...]
    where: tuple[Condition, ...] = ()
    bytewise: bool = False

    @property
    def target_key(self) -> tuple[str, ...]:
        names = {one.source: one.target for one in self.columns if one.source is not None and not one.transforms}
        return tuple(names[name] for name in self.key)


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows whose key is greater than `after` and at most `upto`, in the order of the key; None is open."""

    after: KeyValue | None = None
    upto: KeyValue | None = None


EVERYTHING = KeyRange()
