from collections import Counter

from migrations_app.handlers.session.comparison import Comparison
from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.verification import compare, mismatch
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import KEY, fill, sessions


def test_both_sides_of_the_run_are_compared(move):
    records = sessions(30)
    fill(move.source, records)
    fill(move.target, records[1:])
    seen = []

    found = compare(context(move, "verify"), seen.append)

    assert found.named == [("missing", fingerprint(records[0].id, KEY))]
    assert seen == sorted(seen)
    assert seen[-1] == 59


def test_the_error_names_kinds_and_fingerprints(move):
    found = Comparison(90, Counter({"value": 2, "missing": 5}), [("value", "aa"), ("missing", "bb")])

    error = mismatch(context(move, "verify"), found, went_on="Writes go on.")

    assert error.details["kinds"] == {"missing": 5, "value": 2}
    assert error.details["differences"][0] == {"kind": "value", "fingerprint": "aa"}
    assert "5 missing, 2 value" in str(error)
    assert "aa (value), bb (missing) and 2 more" in str(error)
    assert str(error).endswith("Writes go on.")
    assert error.rollback_required


def test_a_moving_source_is_said_to_be_one(move):
    found = Comparison(9, Counter({"value": 1}), [("value", "aa")], source_moved=1)

    assert "somebody writes there without following the route" in str(
        mismatch(context(move, "verify"), found, went_on="")
    )
