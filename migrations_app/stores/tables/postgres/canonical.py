"""SQL that makes canonical texts in PostgreSQL, and values of them. The session is that of `connection.py`.

`sql` is an expression of ours: a quoted column, a parameter, or a transform around one. No result holds a `%`.
"""

from migrations_app.stores.tables.canonical import form_of
from migrations_app.stores.tables.schema import ColumnType, TypeKind

_DIGITS = r"([{,])(-?[0-9]+)(?:\.0+|(\.[0-9]*[1-9])0+)(?=[,}])"
# Where a value may not be one of the wanted kind, `\!` and what it is.
_BETWEEN = {
    (TypeKind.BOOLEAN, TypeKind.INTEGER): "({0})::integer::text",
    (TypeKind.INTEGER, TypeKind.BOOLEAN):
        r"CASE ({0}) WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE '\!i' || ({0})::text END",
    (TypeKind.INTEGER, TypeKind.DECIMAL): "({0})::text",
    (TypeKind.INTEGER, TypeKind.FLOAT):
        r"CASE WHEN ({0}) IS NULL THEN NULL "
        r"WHEN abs(({0})::numeric) > 9223372036854774784 THEN '\!i' || ({0})::text "
        r"WHEN ({0})::float8::bigint = ({0}) THEN ({0})::float8::text ELSE '\!i' || ({0})::text END",
    (TypeKind.DECIMAL, TypeKind.INTEGER):
        r"CASE WHEN ({0}) = trunc({0}) AND ({0}) BETWEEN -9223372036854775808 AND 9223372036854775807 "
        r"THEN trunc({0})::text "
        r"WHEN ({0}) IS NOT NULL THEN '\!t' || trim_scale({0})::text END",
    (TypeKind.DECIMAL, TypeKind.FLOAT): "(({0})::float8 + 0)::text",
    (TypeKind.FLOAT, TypeKind.DECIMAL): "trim_scale((({0})::float8)::text::numeric)::text",
    (TypeKind.FLOAT, TypeKind.INTEGER):
        r"CASE WHEN ({0}) = trunc(({0})::float8) AND abs(({0})::float8) < 9223372036854775808 "
        r"THEN ({0})::float8::bigint::text "
        r"WHEN ({0}) IS NOT NULL THEN '\!r' || (({0})::float8 + 0)::text END",
    (TypeKind.DATE, TypeKind.TIMESTAMP): "({0})::timestamp::text",
    (TypeKind.INSTANT, TypeKind.TIMESTAMP): "(({0}) AT TIME ZONE 'UTC')::text",
    (TypeKind.TIMESTAMP, TypeKind.INSTANT): "(({0}) AT TIME ZONE 'UTC')::text",
    (TypeKind.TEXT, TypeKind.JSON): "({0})::text",
    (TypeKind.TEXT, TypeKind.UUID): "lower(({0})::text)",
}  # fmt: skip
_LETTERS = {
    TypeKind.BOOLEAN: "i",
    TypeKind.INTEGER: "i",
    TypeKind.FLOAT: "r",
    TypeKind.BYTES: "b",
}


def text_of(sql: str, held: ColumnType, wanted: ColumnType) -> str:
    """The canonical text, as `wanted`, of an expression of type `held`; NULL stays NULL."""
    return f'({_text_of(sql, held, wanted)}) COLLATE "C"'


def _text_of(sql: str, held: ColumnType, wanted: ColumnType) -> str:
    if wanted.kind is TypeKind.ANY:
        inner = f"({sql})::integer::text" if held.kind is TypeKind.BOOLEAN else _own_text(sql, held, held)
        return f"'{_LETTERS.get(held.kind, 't')}' || {inner}"
    if held.kind is wanted.kind:
        return _own_text(sql, held, wanted)
    between = _BETWEEN.get((held.kind, wanted.kind))
    if between is not None:
        return between.format(sql)
    text = _own_text(sql, held, held)
    if wanted.kind in (TypeKind.TEXT, TypeKind.OTHER) and held.kind in (TypeKind.JSON, TypeKind.ARRAY):
        return _escaped(text)
    return text


def _own_text(sql: str, held: ColumnType, wanted: ColumnType) -> str:
    match held.kind:
        case TypeKind.DECIMAL:
            return f"trim_scale({sql})::text"
        case TypeKind.FLOAT:
            return f"(({sql})::float8 + 0)::text"  # a negative zero is zero
        case TypeKind.BYTES:
            return f"encode({sql}, 'hex')"
        case TypeKind.JSON:
            return _json(sql, held, wanted)
        case TypeKind.ARRAY:
            return _array(sql, held.element)
        case TypeKind.OTHER:
            # As the type itself writes it; a cast of inet to text adds /32. `concat` makes '' of null, and a row with a
            # null in it is neither null nor not null.
            return _escaped(f"CASE WHEN num_nonnulls({sql}) = 1 THEN concat({sql}) END")
        case TypeKind.TEXT:
            padded = form_of(wanted).padded and not form_of(held).padded
            return _escaped(f"rtrim(({sql})::text, ' ')" if padded else f"({sql})::text")
    return f"({sql})::text"


def _escaped(text: str) -> str:
    return rf"""replace(({text}) COLLATE "C", '\', '\\')"""


def _json(sql: str, held: ColumnType, wanted: ColumnType) -> str:
    """Of a `json` in a `jsonb` nothing but its meaning is left, and a NUL has no place."""
    if form_of(held).verbatim and not form_of(wanted).verbatim:
        return (
            rf"CASE WHEN ({sql})::text ~ '\\u0000' THEN '\!t' || {_escaped(f'({sql})::text')} "
            rf"ELSE ({sql})::text::jsonb::text END"
        )
    return f"({sql})::text"


def _array(sql: str, element: ColumnType | None) -> str:
    if element is None:
        return f"({sql})::text"
    if element.kind is TypeKind.DECIMAL:
        return rf"regexp_replace(({sql})::text, '{_DIGITS}', '\1\2\3', 'g')"
    if element.kind is TypeKind.FLOAT:
        return rf"regexp_replace(({sql})::float8[]::text, '([{{,])-0(?=[,}}])', '\10', 'g')"
    if form_of(element).padded:
        return f"({sql})::text[]::text"
    return f"({sql})::text"


def value_of(sql: str, column: ColumnType) -> str:
    """The column's value of a canonical text, as for `(%s)::bigint`; an index of the column is used with it.

    Ask `canonical.unfit` before: PostgreSQL has no value for some texts.
    """
    if column.kind is TypeKind.BYTES:
        return f"decode({sql}, 'hex')::{column.native}"
    if column.kind in (TypeKind.TEXT, TypeKind.OTHER):
        return rf"replace(({sql})::text, '\\', '\')::{column.native}"
    return f"({sql})::text::{column.native}"
