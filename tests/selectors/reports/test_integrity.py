from migrations_app.selectors.reports.integrity import is_digest
from migrations_app.selectors.reports.model import Fact


def test_a_digest_is_known_by_its_looks_and_a_short_one_by_its_name_as_well():
    assert is_digest(Fact("sha256", "ab" * 32))
    assert is_digest(Fact("anything", "ab" * 32))
    assert is_digest(Fact("tables.a.source_digest", "ab" * 16))
    assert is_digest(Fact("sha256", f"{'ab' * 32}, {'cd' * 32}"))
    assert not is_digest(Fact("identity", "ab" * 16))
    assert not is_digest(Fact("sha256", "none"))
    assert not is_digest(Fact("digest", 5))
