import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.testing.histories import Action, Operation, Outcome
from migrations_app.testing.linearizability import EMPTY, Register, check, check_session, fingerprint

GET, SET, TOUCH, DELETE, UPDATE = Action


def done(action, value, begins, ends, outcome=Outcome.OK, **more):
    return Operation(f"p{begins}", "s", action, value, begins, ends, outcome, **more)


def lost(action, value, begins, **more):
    return done(action, value, begins, None, Outcome.UNKNOWN, **more)


GOOD = {
    "one after the other": [
        done(SET, "a", 0, 1),
        done(GET, "a", 2, 3),
        done(DELETE, None, 4, 5),
        done(GET, None, 6, 7),
    ],
    "a read during a write sees the old value": [done(SET, "a", 0, 1), done(SET, "b", 2, 9), done(GET, "a", 3, 4)],
    "a read during a write sees the new value": [done(SET, "a", 0, 1), done(SET, "b", 2, 9), done(GET, "b", 3, 4)],
    "concurrent writes, the first wins": [done(SET, "a", 0, 9), done(SET, "b", 1, 8), done(GET, "a", 10, 11)],
    "concurrent writes, the second wins": [done(SET, "a", 0, 9), done(SET, "b", 1, 8), done(GET, "b", 10, 11)],
    "an unknown write happened late": [
        done(SET, "a", 0, 1),
        lost(SET, "b", 2),
        done(GET, "a", 3, 4),
        done(GET, "b", 20, 21),
    ],
    "an unknown write never happened": [done(SET, "a", 0, 1), lost(SET, "b", 2), done(GET, "a", 30, 31)],
    "a refused write": [done(SET, "a", 0, 1), done(SET, "b", 2, 3, Outcome.FAIL), done(GET, "a", 4, 5)],
    "an update of what is there": [
        done(SET, "a", 0, 1),
        done(UPDATE, "b", 2, 3, expected="a"),
        done(GET, "b", 4, 5),
    ],
    "a touch that found it": [done(SET, "a", 0, 1), done(TOUCH, None, 2, 3, found=True), done(GET, "a", 4, 5)],
    "it expired": [done(SET, "a", 0, 1, deadline_ns=50), done(GET, "a", 40, 45), done(GET, None, 50, 60)],
    "it was touched before it expired": [
        done(SET, "a", 0, 1, deadline_ns=50),
        done(TOUCH, None, 40, 41, found=True, deadline_ns=90),
        done(GET, "a", 60, 61),
    ],
    "a delete of nothing": [done(DELETE, None, 0, 1, found=False), done(GET, None, 2, 3)],
}
BAD = {
    "a stale read": [done(SET, "a", 0, 1), done(SET, "b", 2, 3), done(GET, "a", 4, 5)],
    "a lost write": [done(SET, "a", 0, 1), done(GET, None, 2, 3)],
    "a resurrected delete": [
        done(SET, "a", 0, 1),
        done(DELETE, None, 2, 3),
        done(GET, None, 4, 5),
        done(GET, "a", 6, 7),
    ],
    "a value that nobody wrote": [done(SET, "a", 0, 1), done(GET, "c", 2, 3)],
    "a refused write seen": [done(SET, "b", 2, 3, Outcome.FAIL), done(GET, "b", 4, 5)],
    "back and forth": [
        done(SET, "a", 0, 1),
        done(SET, "b", 2, 20),
        done(GET, "b", 3, 4),
        done(GET, "a", 5, 6),
    ],
    "a read before the write began": [done(GET, "a", 0, 1), done(SET, "a", 2, 3)],
    "both updates of one value": [
        done(SET, "a", 0, 1),
        done(UPDATE, "b", 2, 9, expected="a"),
        done(UPDATE, "c", 3, 8, expected="a"),
    ],
    "gone before its deadline": [done(SET, "a", 0, 1, deadline_ns=50), done(GET, None, 10, 11)],
    "shown after its deadline": [done(SET, "a", 0, 1, deadline_ns=50), done(GET, "a", 51, 52)],
    "expired and back again": [
        done(SET, "a", 0, 1, deadline_ns=50),
        done(GET, None, 45, 55),
        done(GET, "a", 49, 58),
        done(GET, "a", 59, 60),
    ],
    "an unknown write taken back": [
        done(SET, "a", 0, 1),
        lost(SET, "b", 2),
        done(GET, "b", 3, 4),
        done(GET, "a", 5, 6),
    ],
    "a delete that found nothing": [done(SET, "a", 0, 1), done(DELETE, None, 2, 3, found=False)],
}


@pytest.mark.parametrize("name", GOOD)
def test_known_good(name):
    assert check_session(GOOD[name]) is None


@pytest.mark.parametrize("name", BAD)
def test_known_bad(name):
    assert check_session(BAD[name]) is not None


def test_what_was_there_before_counts():
    assert check_session([done(GET, "z", 0, 1)], Register("z")) is None
    assert check_session([done(GET, "z", 0, 1)], EMPTY) is not None


def test_clocks_may_be_off_by_the_grace():
    shown = [done(SET, "a", 0, 1, deadline_ns=50), done(GET, "a", 55, 56)]

    assert check_session(shown, grace_ns=10) is None
    assert check_session(shown, grace_ns=2) is not None


def test_the_window_is_what_cannot_be_explained_and_no_more():
    quiet = [done(SET, str(number), number * 10, number * 10 + 1) for number in range(20)]
    reads = [done(GET, str(number), number * 10 + 3, number * 10 + 4) for number in range(20)]
    bad = [done(SET, "x", 1000, 1001), done(SET, "y", 1010, 1011), done(GET, "x", 1020, 1021)]

    found = check_session([*quiet, *reads, *bad])

    assert found.operation == bad[-1]
    assert list(found.window) == bad[1:]
    assert found.possible == ("y",)
    assert found.describe().splitlines()[0].startswith(f"session {fingerprint('s')}")


def test_each_session_is_judged_by_itself_and_no_id_is_told():
    secret = "a-session-id-that-opens-doors"
    bad = [
        Operation("p", secret, SET, "a", 0, 1, Outcome.OK),
        Operation("p", secret, GET, None, 2, 3, Outcome.OK),
    ]

    report = check([*GOOD["one after the other"], *bad])

    assert (report.sessions, report.operations, report.unknown) == (2, 6, 0)
    assert [each.session for each in report.violations] == [secret]
    assert secret not in report.violations[0].describe()
    assert not report.holds


def test_many_unknown_writes_of_one_session_are_decided():
    history = [lost(SET, f"v{number}", number) for number in range(40)]
    history += [done(GET, f"v{number}", 100 + 10 * number, 101 + 10 * number) for number in range(12)]

    assert check(history).holds
    assert not check([*history, done(GET, "v3", 900, 901)]).holds


def test_sixty_thousand_operations_are_decided():
    generator = random.Random(11)  # noqa: S311 - not for secrets
    history = [each for key in range(3000) for each in simulated(generator, f"s{key}", 20, 4)]

    report = check(history)

    assert (report.operations, report.holds) == (60_000, True)


@pytest.mark.parametrize("seed", range(60))
def test_histories_of_a_real_register_always_pass(seed):
    generator = random.Random(seed)  # noqa: S311 - not for secrets

    found = check_session(simulated(generator, "s", 40, 1 + seed % 6))

    assert found is None, f"seed {seed}: {found.describe()}"


def simulated(generator, session, length, processes):
    """Operations of a register that is one: each takes effect at one instant between its two ends, or not at all."""
    free = [0] * processes
    calls = []
    for _ in range(length):
        process = min(range(processes), key=free.__getitem__)
        begins = free[process] + generator.randint(1, 5)
        happens, ends = begins + generator.randint(1, 20), begins + 21 + generator.randint(0, 10)
        free[process] = ends
        outcome = generator.choices([Outcome.OK, Outcome.UNKNOWN, Outcome.FAIL], [20, 1, 1])[0]
        if outcome is Outcome.UNKNOWN:  # it may happen long after the caller gave up
            happens = generator.choice([None, happens, happens + generator.randint(0, 300)])
        calls.append((happens, process, begins, ends, outcome))
    calls.sort(key=lambda call: (call[0] is None, call[0] or 0))
    value, history = None, []
    for number, (happens, process, begins, ends, outcome) in enumerate(calls):
        action = generator.choice([GET, GET, GET, SET, DELETE, TOUCH, UPDATE])
        written = f"{number}" if action in {SET, UPDATE} else None
        more = {}
        takes_effect = outcome is not Outcome.FAIL and happens is not None
        if action is UPDATE:
            more["expected"] = value if value is not None else "nothing"
            if value is None and outcome is Outcome.OK:
                outcome, takes_effect = Outcome.FAIL, False
            takes_effect = takes_effect and value is not None
        if action in {TOUCH, DELETE} and outcome is Outcome.OK:
            more["found"] = value is not None
        if takes_effect and action in {SET, UPDATE, DELETE}:
            value = written
        seen = value if action is GET and outcome is Outcome.OK else written
        returned = ends if outcome is not Outcome.UNKNOWN else None
        history.append(Operation(f"p{process}", session, action, seen, begins, returned, outcome, **more))
    return history


@st.composite
def small_histories(draw):
    history = []
    for number in range(draw(st.integers(1, 5))):
        begins = draw(st.integers(0, 12)) * 2
        ends = begins + 1 + 2 * draw(st.integers(0, 6))
        action = draw(st.sampled_from([GET, SET, DELETE, UPDATE]))
        value = draw(st.sampled_from(["a", "b"])) if action is not DELETE else None
        if action is GET and draw(st.booleans()):
            value = None
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OK, Outcome.UNKNOWN, Outcome.FAIL]))
        expected = draw(st.sampled_from(["a", "b"])) if action is UPDATE else None
        found = draw(st.sampled_from([None, True, False])) if action is DELETE and outcome is Outcome.OK else None
        returned = ends if outcome is not Outcome.UNKNOWN else None
        history.append(Operation(f"p{number}", "s", action, value, begins, returned, outcome, expected, found))
    return history


@settings(max_examples=250, deadline=None, derandomize=True)
@given(small_histories())
def test_it_says_what_trying_every_order_says(history):
    assert (check_session(history) is None) == explained(history)


def explained(history):
    """Every choice of unknown operations that happened, in every order that keeps to real time."""
    certain = [each for each in history if each.outcome is Outcome.OK]
    unknown = [each for each in history if each.outcome is Outcome.UNKNOWN and each.action is not GET]
    for count in range(len(unknown) + 1):
        for happened in itertools.combinations(unknown, count):
            for order in itertools.permutations([*certain, *happened]):
                if in_time(order) and makes_sense(order):
                    return True
    return False


def in_time(order):
    return not any(
        later.returned_at_ns is not None and later.returned_at_ns < earlier.invoked_at_ns
        for index, earlier in enumerate(order)
        for later in order[index + 1 :]
    )


def makes_sense(order):
    value = None
    for each in order:
        if each.action is GET and each.value != value:
            return False
        if each.action is UPDATE and (value is None or each.expected != value):
            return False
        if each.action is DELETE and each.found is not None and each.found != (value is not None):
            return False
        if each.action is not GET:
            value = each.value
    return True
