import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.errors import MigrationError
from migrations_app.handlers.adapter.generic.recording import Recorder
from migrations_app.handlers.adapter.samples import MOST_OF_A_TOOL, Samples, lacking, recorded_in, samples_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(tool: str, at: datetime | str | None = NOW, **arguments: Any) -> bytes:
    moment = at.isoformat() if isinstance(at, datetime) else at
    return json.dumps({"tool": tool, "arguments": arguments, **({} if at is None else {"at": moment})}).encode()


def test_every_line_of_a_recorder_is_a_call(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "calls.jsonl", rate=1)
    for number in range(3):
        recorder.record("root", {"x": number})

    found = samples_in(recorded_in(tmp_path, "calls.jsonl"), since=datetime.now(UTC) - timedelta(minutes=1))

    assert found.calls == {"root": ({"x": 0}, {"x": 1}, {"x": 2})}
    assert (found.unread, found.old) == (0, 0)


def test_what_is_no_call_is_counted() -> None:
    content = b"\n".join(
        [
            line("root", x=1),
            b"",
            b"{",
            b"[]",
            b'{"tool": 1, "arguments": {}}',
            b'{"tool": "a"}',
            b"[" * 100_000,
            b"\xff",
        ]
    )

    found = samples_in(content)

    assert (found.calls, found.unread) == ({"root": ({"x": 1},)}, 6)


def test_old_ones_and_those_that_do_not_say_when_are_left_out_where_it_matters() -> None:
    content = b"\n".join(
        [
            line("root", NOW - timedelta(hours=2), x=1),
            line("root", NOW, x=2),
            line("root", None, x=3),
            line("root", "yesterday", x=4),
            line("root", "2026-03-02T08:59:00", x=5),  # without a zone
        ]
    )

    young, all_of_them = samples_in(content, since=NOW - timedelta(hours=1)), samples_in(content)

    assert young.calls == {"root": ({"x": 2}, {"x": 5})}
    assert (young.old, young.newest) == (3, NOW.isoformat())
    assert len(all_of_them.calls["root"]) == 5


def test_of_one_tool_the_newest_count() -> None:
    content = b"\n".join(line("root", x=number) for number in range(MOST_OF_A_TOOL + 5))

    calls = samples_in(content).calls["root"]

    assert (len(calls), calls[-1]) == (MOST_OF_A_TOOL, {"x": MOST_OF_A_TOOL + 4})


def test_each_tool_with_too_few_is_named() -> None:
    found = Samples({"root": ({}, {}), "area": ({},)})

    problems = lacking(found, ["root", "area", "total"], 2, path="calls.jsonl", age=timedelta(hours=24))

    assert [problem.message.split(";")[0] for problem in problems] == [
        "calls.jsonl has 1 calls of area in the last 24 hours",
        "calls.jsonl has 0 calls of total in the last 24 hours",
    ]
    assert found.summary()["tools"] == {"area": 1, "root": 2}


def test_only_a_file_of_the_project_is_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.jsonl").write_bytes(line("root"))
    (project / "out").symlink_to(tmp_path)

    for name in ("../secret.jsonl", "out/secret.jsonl", str(tmp_path / "secret.jsonl"), "nowhere.jsonl"):
        with pytest.raises(MigrationError):
            recorded_in(project, name)
