from migrations_app.stores.tables.digesting import digest_of, row_digest, row_text


def test_no_two_rows_share_a_text():
    rows = [("a", "b"), ("ab", ""), ("", "ab"), ("a", None), (None, "a"), ("-", "1:a"), ("1:a-", ""), (None, None)]

    assert len({row_text(row) for row in rows}) == len(rows)
    assert row_text(("ä", None)) == b"2:\xc3\xa4-"


def test_the_order_means_nothing_and_a_row_more_does():
    rows = [("a", "1"), ("b", None), ("c", "")]

    assert digest_of(rows) == digest_of(reversed(rows))
    assert digest_of([*rows, rows[0]]) != digest_of(rows)
    assert digest_of([]).digest == "0" * 32


def test_digests_of_parts_add_up():
    parts = [digest_of([("a",)]), digest_of([("b",)])]

    whole = sum(int(part.digest, 16) for part in parts) % 2**128
    assert digest_of([("a",), ("b",)]).digest == f"{whole:032x}"
    assert row_digest(("a",)) == parts[0].digest
