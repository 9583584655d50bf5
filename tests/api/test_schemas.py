"""Slices of lists that are read as a whole, and cursors of any kind."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from migrations_app.api.schemas import ShortPaging, whole


@dataclass(frozen=True)
class Row:
    id: int


ROWS = tuple(Row(number) for number in (7, 3, 9, 1, 4))


def sliced(rows: tuple[Row, ...], cursor: str = "", limit: int = 2) -> tuple[list[int], str]:
    found = whole(rows, ShortPaging(cursor=cursor, limit=limit))
    return [row.id for row in found["items"]], str(found["next_cursor"])  # type: ignore[attr-defined]


@given(st.integers(min_value=1, max_value=7))
def test_slices_hold_everything_once(limit: int) -> None:
    seen, cursor = sliced(ROWS, limit=limit)
    while cursor:
        more, cursor = sliced(ROWS, cursor, limit)
        seen += more
    assert seen == [row.id for row in ROWS]


def test_rows_that_come_and_go_meanwhile_shift_nothing() -> None:
    _, cursor = sliced(ROWS)
    assert sliced((Row(8), *ROWS), cursor)[0] == [9, 1]
    assert sliced(ROWS[:1] + ROWS[2:], cursor)[0] == [1, 4], "the row of the cursor has gone: its place counts"


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,12}\\.[0-9]{0,21}", fullmatch=True))
def test_any_cursor_gives_a_slice(cursor: str) -> None:
    ids, _ = sliced(ROWS, cursor)
    assert set(ids) <= {row.id for row in ROWS}
