"""What a database says of a row that it refuses, without the row's values; and what is no refusal, but the moment."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import exc

from migrations_app.stores.tables.refusals import Interfered, Refused

# Numbers of MySQL and MariaDB, and what they mean; the driver sorts some of them among errors of operation.
_REFUSED: Mapping[int, str] = {
    1048: "it is null, and the column takes none",
    1062: "another row has that key, or one that the collation takes for the same",
    1136: "it has another number of values than the table has columns",
    1153: "it is larger than max_allowed_packet",
    1169: "another row has that key",
    1264: "it is beyond what the column holds",
    1265: "it would be cut",
    1292: "it is no value of the column's type, or beyond what that holds",
    1364: "a column without a default gets nothing",
    1366: "it has characters that the column's character set lacks, or is no value of its type",
    1406: "it is longer than the column",
    1411: "it is no value of the column's type",
    1451: "rows of another table refer to it",
    1452: "the row that it refers to is not there",
    1525: "it is no value of the column's type",
    1644: "a trigger refuses it",
    3140: "it is no JSON",
    3819: "a CHECK does not hold",
    4025: "a CHECK does not hold",
}
_INTERFERED = (1020, 1205, 1213)  # changed since it was read, lock timeout, deadlock
_NAME = re.compile(r"(?:column|key|CONSTRAINT|constraint) [`'\"]([^`'\"]+)[`'\"]")
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\([^)]*\)")


@contextmanager
def refusals() -> Iterator[None]:
    """What is about the rows, or about the moment, is said so; all else goes on to `_errors`."""
    try:
        yield
    except exc.DBAPIError as error:
        number = number_of(error)
        if number in _INTERFERED or _is_locked(error):
            raise Interfered(f"{type(error.orig).__name__} {number or ''}".strip() + ".") from None
        if number in _REFUSED or isinstance(error, exc.IntegrityError | exc.DataError):
            raise Refused(reason_of(error)) from None
        raise


def number_of(error: exc.DBAPIError) -> int | None:
    number = next(iter(getattr(error.orig, "args", ())), None)
    return number if isinstance(number, int) else None


def reason_of(error: exc.DBAPIError) -> str:
    """A sentence for people: the names of columns and constraints are told, values are not."""
    number = number_of(error)
    said = str(error.orig.args[-1]) if number is not None and error.orig is not None else str(error.orig)
    if number is not None and number in _REFUSED:
        named = _NAME.search(said)
        why = _REFUSED[number] + (f" (“{named[1]}”)" if named else "")
    else:
        why = _VALUES.sub("…", said.strip().split("\n")[0])[:300] or type(error.orig).__name__
    return f"{why[:1].upper()}{why[1:].rstrip('.')}."


def _is_locked(error: exc.DBAPIError) -> bool:
    return isinstance(error, exc.OperationalError) and "locked" in str(error.orig)
