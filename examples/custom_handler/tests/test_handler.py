"""Snakeweb's contract over three worlds, and what is refused. No server and no database is needed."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from snakeweb_model_files.handler import ModelFiles

from migrations_app.handlers import DataCorruption, Spec, ValidationFailed
from migrations_app.testing import HandlerContract, LocalRun, create_plan, directory_target, spec_of

MODELS = {
    "small.gguf": b"small" * 100,
    "large.safetensors": bytes(range(256)) * 5000,
    "voices/anna.onnx": b"anna",
    "voices/empty.onnx": b"",
    "notes.txt": b"no model",
}


def lay(root: Path) -> None:
    """Two projects; the source has models."""
    shutil.rmtree(root, ignore_errors=True)
    for path, content in MODELS.items():
        file = root / "old" / "models" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (root / "new").mkdir()


def wish(root: Path, *, parameters: Mapping[str, Any] | None = None, **options: Any) -> Spec:
    targets = {
        "source": directory_target(root / "old", number=1),
        "target": directory_target(root / "new", number=2),
    }
    chosen = {"batch_size": 2, "parallel_workers": 1, **options}
    return spec_of(ModelFiles(), targets, parameters=parameters, options=chosen)


def run_of(root: Path) -> LocalRun:
    spec = wish(root)
    return LocalRun(ModelFiles(), create_plan(spec, ModelFiles()).plan, spec.targets)


class TestCopy(HandlerContract):
    crash_points = ("model_files.placed",)
    most_lines = 60
    options: Mapping[str, Any] = {}

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.root = tmp_path / "srv"

    def make_handler(self) -> ModelFiles:
        return ModelFiles()

    def reset(self) -> None:
        lay(self.root)

    def make_spec(self) -> Spec:
        return wish(self.root, **self.options)

    def snapshot(self) -> Any:
        """Every file with its content, and every folder."""
        found = sorted(path for path in self.root.rglob("*"))
        return {str(p.relative_to(self.root)): p.read_bytes() if p.is_file() else "a folder" for p in found}


class TestCopyInPartitions(TestCopy):
    options = {"parallel_workers": 3, "batch_size": 1}
    most_lines = 15


class TestMove(TestCopy):
    options = {"cleanup_source": True}
    most_lines = 30


def test_what_arrives_is_what_was_there(tmp_path: Path) -> None:
    lay(tmp_path)
    assert run_of(tmp_path).finish().state == "succeeded"

    arrived = {p.relative_to(tmp_path / "new/models").as_posix() for p in (tmp_path / "new/models").rglob("*.*")}
    assert arrived == set(MODELS) - {"notes.txt"}


def test_a_file_that_somebody_else_put_there_meanwhile_is_left(tmp_path: Path) -> None:
    lay(tmp_path)
    run = run_of(tmp_path)
    (tmp_path / "new/models").mkdir()
    (tmp_path / "new/models/small.gguf").write_bytes(b"mine")

    assert run.finish().state == "rolled_back"
    assert (tmp_path / "new/models/small.gguf").read_bytes() == b"mine"


def test_a_source_that_changes_is_found(tmp_path: Path) -> None:
    lay(tmp_path)
    run = run_of(tmp_path)

    def change(events: Any) -> None:
        if any(event.type == "StepStarted" and event.step == "copy" for event in events):
            (tmp_path / "old/models/small.gguf").write_bytes(b"other" * 100)

    run.memory.before_append = change
    view = run.finish()
    assert (view.state, (view.error or {})["type"]) == ("rolled_back", DataCorruption.code)
    assert not (tmp_path / "new/models").exists()


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"folder": "../other"}, "parameters.folder"),
        ({"folder": "/etc"}, "parameters.folder"),
        ({"suffixes": ".pt"}, "targets.source"),
    ],
)
def test_what_cannot_be_planned_is_said(parameters: Mapping[str, Any], field: str, tmp_path: Path) -> None:
    lay(tmp_path)
    with pytest.raises(ValidationFailed) as refused:
        create_plan(wish(tmp_path, parameters=parameters), ModelFiles())
    assert field in {problem.field for problem in refused.value.problems}
