import shutil
from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.config.elixir import NONE, NOT_HERE, parsed

has_elixir = pytest.mark.skipif(shutil.which("elixir") is None, reason="no Elixir on this machine")


@has_elixir
def test_every_file_is_parsed_and_none_is_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    files = {"a.exs": f'File.write!("{ran}", "")\n'.encode(), "b.exs": "# ü\nimport Config\n".encode()}

    assert parsed(files) == "2 files parsed by Elixir itself"
    assert not ran.exists()


@has_elixir
def test_what_elixir_refuses_is_named_with_file_and_line() -> None:
    with pytest.raises(ValidationFailed, match=r"b\.exs, line 3: missing terminator: \]"):
        parsed({"a.exs": b"import Config\n", "b.exs": b"import Config\nconfig :snakepit, [a: 1\n"})


def test_without_elixir_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert parsed({"a.exs": b"import Config\n"}) == NOT_HERE


def test_other_formats_are_none_of_its_business() -> None:
    assert parsed({"a.json": b"{}"}) == NONE


def test_one_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elixir").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "elixir").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ValidationFailed, match="did not answer within 1 s"):
        parsed({"a.exs": b"import Config\n"}, seconds=1)


def test_a_broken_elixir_is_said_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elixir").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "elixir").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert parsed({"a.exs": b"import Config\n"}) == "not parsed by Elixir itself: it ended with status 9"
