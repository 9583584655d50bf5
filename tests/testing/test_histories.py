import os
import signal
import subprocess
import sys
import time

import pytest

from migrations_app.testing.histories import (
    Action,
    HistoryWriter,
    Outcome,
    by_session,
    merge,
    read_histories,
    read_history,
)

WRITES_FOREVER = """
import sys
from pathlib import Path
from migrations_app.testing.histories import Action, HistoryWriter
with HistoryWriter(Path(sys.argv[1]), "p1") as writer:
    for number in range(10**9):
        with writer.call(Action.SET, "s", str(number)) as call:
            call.succeeded()
        if number == 200:
            print("under way", flush=True)
"""


def test_what_is_recorded_is_read_back(tmp_path):
    path = tmp_path / "p1.jsonl"
    with HistoryWriter(path, "p1") as writer:
        with writer.call(Action.SET, "s", "a", deadline_ns=99) as call:
            call.succeeded()
        with writer.call(Action.GET, "s") as call:
            call.succeeded("a")
        with writer.call(Action.UPDATE, "s", "b", expected="a") as call:
            call.refused()
        with writer.call(Action.DELETE, "t") as call:
            call.succeeded(found=False)

    written, read, refused, deleted = read_history(path)

    assert (written.action, written.value, written.deadline_ns, written.outcome) == (Action.SET, "a", 99, Outcome.OK)
    assert (read.action, read.value, read.found) == (Action.GET, "a", None)
    assert (refused.expected, refused.value, refused.outcome) == ("a", "b", Outcome.FAIL)
    assert (deleted.session, deleted.found) == ("t", False)
    assert written.invoked_at_ns <= written.returned_at_ns <= read.invoked_at_ns


def test_a_read_of_nothing_is_a_read_of_none(tmp_path):
    with HistoryWriter(tmp_path / "p", "p") as writer, writer.call(Action.GET, "s") as call:
        call.succeeded()

    (read,) = read_history(tmp_path / "p")

    assert (read.value, read.outcome) == (None, Outcome.OK)


def test_an_error_leaves_the_outcome_unknown_and_passes_through(tmp_path):
    with HistoryWriter(tmp_path / "p", "p") as writer, pytest.raises(ConnectionError):  # noqa: SIM117
        with writer.call(Action.SET, "s", "a"):
            raise ConnectionError

    (found,) = read_history(tmp_path / "p")

    assert found.outcome is Outcome.UNKNOWN


def test_a_call_without_an_end_and_a_torn_last_line_are_unknown(tmp_path):
    path = tmp_path / "p"
    with HistoryWriter(path, "p") as writer:
        with writer.call(Action.SET, "s", "a") as call:
            call.succeeded()
        with writer.call(Action.SET, "s", "b") as call:
            call.succeeded()
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])

    first, second = read_history(path)

    assert (first.outcome, second.outcome, second.returned_at_ns) == (Outcome.OK, Outcome.UNKNOWN, None)


def test_the_next_life_of_a_process_starts_on_a_line_of_its_own(tmp_path):
    path = tmp_path / "p"
    with HistoryWriter(path, "p") as writer, writer.call(Action.SET, "s", "a") as call:
        call.succeeded()
    path.write_bytes(path.read_bytes()[:-20])
    with HistoryWriter(path, "p") as writer, writer.call(Action.SET, "s", "b") as call:
        call.succeeded()

    assert [each.outcome for each in read_history(path)] == [Outcome.UNKNOWN, Outcome.OK]


def test_a_broken_line_in_the_middle_is_an_error(tmp_path):
    path = tmp_path / "p"
    path.write_text('{"call"\n{"end": "1"}\n')

    with pytest.raises(ValueError, match="line 1 of p"):
        read_history(path)


def test_several_processes_merge_by_time_and_part_by_session(tmp_path):
    with HistoryWriter(tmp_path / "a", "a") as one, HistoryWriter(tmp_path / "b", "b") as other:
        for writer, session in ((one, "s"), (other, "s"), (one, "t"), (other, "t")):
            with writer.call(Action.GET, session) as call:
                call.succeeded()

    merged = read_histories([tmp_path / "b", tmp_path / "a"])
    sessions = by_session(merged)

    assert [each.process for each in merged] == ["a", "b", "a", "b"]
    assert {name: [each.process for each in history] for name, history in sessions.items()} == {
        "s": ["a", "b"],
        "t": ["a", "b"],
    }
    assert merge([sessions["t"], sessions["s"]]) == merged


def test_what_was_written_survives_the_kill_of_its_process(tmp_path):
    path = tmp_path / "p1"
    began = time.monotonic_ns()
    process = subprocess.Popen([sys.executable, "-c", WRITES_FOREVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "under way\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    history = read_history(path)

    assert len(history) > 200
    assert [each.value for each in history] == [str(number) for number in range(len(history))]
    assert all(each.outcome is Outcome.OK for each in history[:-1])
    assert began < history[0].invoked_at_ns < time.monotonic_ns()
