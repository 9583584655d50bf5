from migrations_app.web.authority import cells
from tests.web.routes import LIVE, served


def test_each_bucket_is_one_cell_of_the_side_that_serves_it() -> None:
    source, target, waits = cells(LIVE)

    assert [(one.kind, one.label, one.buckets) for one in (source, target, waits)] == [
        ("source", "old", 166), ("target", "new", 26), ("waits", "writes wait", 64)
    ]  # fmt: skip
    assert [one.path.count("M") for one in (source, target, waits)] == [166, 26, 64]
    assert [one.narrow.count("z") for one in (source, target, waits)] == [166, 26, 64]


def test_cells_stand_in_rows_of_64_and_of_32() -> None:
    only = cells(served(65))[1]

    assert only.path.endswith("M0 1h0.84v0.84h-0.84z")
    assert only.narrow.endswith("M0 2h0.84v0.84h-0.84z")
    assert cells(served(0))[1].path == ""
