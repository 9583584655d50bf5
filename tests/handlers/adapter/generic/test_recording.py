import asyncio
import json
import random
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from migrations_app.handlers.adapter.generic.recording import MOST_OF_A_LINE, Recorder, recording


class Custom:
    def execute_tool(self, tool_name: str, arguments: dict[str, Any], context: Any) -> Any:
        arguments["seen"] = True
        return (tool_name, random.random())  # noqa: S311


class AsyncCustom:
    async def execute_tool(self, tool_name: str, arguments: dict[str, Any], context: Any) -> Any:
        return (tool_name, arguments, context)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_calls_are_written_as_they_came_and_answered_as_before(tmp_path):
    made = recording(Custom, tmp_path / "calls.jsonl", rate=1)()
    random.seed(7)
    expected = random.random()  # noqa: S311
    random.seed(7)

    answer = made.execute_tool(tool_name="root", arguments={"x": 4}, context=None)

    assert answer == ("root", expected)
    [line] = lines(tmp_path / "calls.jsonl")
    assert (line["tool"], line["arguments"]) == ("root", {"x": 4})
    assert datetime.now(UTC) - datetime.fromisoformat(line["at"]) < timedelta(minutes=1)
    assert stat.S_IMODE((tmp_path / "calls.jsonl").stat().st_mode) == 0o600


def test_an_async_adapter_stays_one(tmp_path):
    made = recording(AsyncCustom, tmp_path / "calls.jsonl", rate=1)()

    assert asyncio.run(made.execute_tool("root", {"x": 4}, "c")) == ("root", {"x": 4}, "c")
    assert len(lines(tmp_path / "calls.jsonl")) == 1


def test_the_rate_is_the_share_of_the_calls(tmp_path):
    none, half = Recorder(tmp_path / "none.jsonl", rate=0), Recorder(tmp_path / "half.jsonl", rate=0.5)

    written = sum(half.record("root", {"x": number}) for number in range(1_000))

    assert not any(none.record("root", {}) for _ in range(100))
    assert not (tmp_path / "none.jsonl").exists()
    assert 350 < written < 650
    assert len(lines(tmp_path / "half.jsonl")) == written


def test_the_file_has_an_end(tmp_path):
    recorder = Recorder(tmp_path / "calls.jsonl", rate=1, most_bytes=300)

    written = [recorder.record("root", {"x": number}) for number in range(50)]

    assert 0 < sum(written) < 50
    assert (tmp_path / "calls.jsonl").stat().st_size <= 300


def test_what_cannot_be_written_is_left_out_and_nobody_notices(tmp_path):
    recorder = Recorder(tmp_path / "calls.jsonl", rate=1)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    for arguments in ({"x": object()}, {"x": float("nan")}, {"x": deep}, {"x": "y" * MOST_OF_A_LINE}):
        assert not recorder.record("root", arguments)
    assert not Recorder(tmp_path / "no" / "where.jsonl", rate=1).record("root", {})
    assert not (tmp_path / "calls.jsonl").exists()
