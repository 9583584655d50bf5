import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import (
    Held,
    Verdict,
    later,
    newest_of_each,
    refuse_unrepresentable,
    run_of,
    stale,
    verdict,
)
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version

NOW = 1_000_000
HELD = Held(Version(2, 5), NOW + 100)


def record(version=UNVERSIONED, expires=NOW + 100, session_id="a", value=b"v"):
    return SessionRecord(session_id, value, expires_at_ms=expires, version=version)


@pytest.mark.parametrize(
    ("version", "expires", "held", "expected"),
    [
        (Version(1, 1), NOW + 1, None, Verdict.REPLACE),
        (Version(1, 1), None, None, Verdict.REPLACE),
        (Version(1, 1), NOW, None, Verdict.REFUSE),
        (Version(3, 0), NOW - 1, HELD, Verdict.REFUSE),
        (Version(2, 6), NOW + 1, HELD, Verdict.REPLACE),
        (Version(3, 0), NOW + 1, HELD, Verdict.REPLACE),
        (Version(2, 4), NOW + 900, HELD, Verdict.REFUSE),
        (Version(1, 9), NOW + 900, HELD, Verdict.REFUSE),
        (Version(2, 5), NOW + 101, HELD, Verdict.RAISE_DEADLINE),
        (Version(2, 5), None, HELD, Verdict.RAISE_DEADLINE),
        (Version(2, 5), NOW + 100, HELD, Verdict.REFUSE),
        (Version(2, 5), NOW + 99, HELD, Verdict.REFUSE),
        (Version(2, 5), NOW + 99, Held(Version(2, 5), None), Verdict.REFUSE),
        (UNVERSIONED, NOW + 1, HELD, Verdict.REPLACE),
        (UNVERSIONED, NOW - 1, HELD, Verdict.REFUSE),
        (Version(1, 1), NOW + 1, Held(UNVERSIONED, None), Verdict.REPLACE),
    ],
)
def test_the_verdict(version, expires, held, expected):
    assert verdict(record(version, expires), held, NOW) is expected


@pytest.mark.parametrize(("one", "other", "expected"), [(1, 2, 2), (2, 1, 2), (None, 2, None), (1, None, None)])
def test_never_is_the_latest_deadline(one, other, expected):
    assert later(one, other) == expected


def test_of_several_records_of_an_id_the_newest_stays():
    older, newer = record(Version(1, 1), value=b"older"), record(Version(1, 2), value=b"newer")
    touched = record(Version(1, 2), expires=NOW + 500, value=b"ignored")
    plain = record(value=b"plain")
    other = record(Version(1, 1), session_id="b")

    assert newest_of_each([newer, other, older]) == [newer, other]
    (kept,) = newest_of_each([older, newer, touched])
    assert (kept.value, kept.expires_at_ms) == (b"newer", NOW + 500)
    assert newest_of_each([newer, plain]) == [plain]


def test_unrepresentable_records_are_counted_by_reason_and_not_named():
    records = [record(session_id=f"secret-{n}") for n in range(5)]
    refuse_unrepresentable(records, lambda _: "")

    with pytest.raises(ValidationFailed, match="3 of 5 sessions") as caught:
        refuse_unrepresentable(records, lambda r: "too long" if r.id < "secret-3" else "")

    assert [problem.message for problem in caught.value.problems] == ["3 sessions: too long."]
    assert "secret" not in str(caught.value.as_dict())


def test_a_stale_worker_learns_what_is_known():
    assert stale(WorkerToken("run:1:0", 2), 3).details == {"scope": "run:1:0", "token": 2, "known": 3}
    assert "not known" in stale(WorkerToken("run:1:0", 2), None).message


@pytest.mark.parametrize(
    ("scope", "run"), [("run:12:0", "run:12:"), ("run:12:transfer:3", "run:12:"), ("run:0", "run:0:")]
)
def test_the_run_of_a_scope(scope, run):
    assert run_of(WorkerToken(scope, 1)) == run
