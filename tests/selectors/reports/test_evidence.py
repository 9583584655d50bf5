from migrations_app.selectors.reports import evidence
from migrations_app.selectors.reports.document import FactList, Paragraph, Table
from migrations_app.selectors.reports.model import Digest, Fact, Integrity, TableReport


def test_what_a_page_cannot_bear_is_counted():
    told = [Fact(f"f{n}", n) for n in range(45)] + [Fact("a.b.c", 1), Fact("rows.1.x", 2)]
    facts, left_out = evidence.fact_list(told)
    assert isinstance(facts, FactList)
    assert isinstance(left_out, Paragraph)
    assert (len(facts.items), left_out.text) == (40, "7 values of its details in the JSON form.")
    assert evidence.fact_list([]) == []


def test_tables_and_digests_stand_in_full():
    tables = (TableReport("a", "b", 5, 5, 0, 5, True, ""), TableReport("c", "d", 5, 5, 0, 0, None, ""))
    digests = tuple(Digest(f"step {n}", "ab" * 32) for n in range(61))
    found = evidence.integrity(Integrity((), digests, tables, (), ("orders 1: value",)))
    moved, listed = (block for block in found.blocks if isinstance(block, Table))
    assert [row[-1].text for row in moved.rows] == ["equal", "not compared"]
    assert (len(listed.rows), listed.left_out) == (60, "1 digest more in the JSON form")
