"""The whole migration over files on a disk: there and back, with edits by others, by way of a snapshot, and dry."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.handlers.config import snapshots
from migrations_app.testing.driving import LocalRun
from tests.handlers.config.places import BEFORE, FIRST, PROD, Rewrite

NOBODY = 65534
AFTER = {
    "config.exs": b"""import Config

# Who serves what
config :snakepit,
  pooling_enabled: true,
  adapter_module: Snakepit.Adapters.GRPCPython,
""",
}


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def finished(run: LocalRun, state: RunState = RunState.SUCCEEDED) -> RunView:
    view = run.finish()
    assert view.state is state, view.error
    return view


def test_there_and_back_byte_for_byte(rewrite: Rewrite) -> None:
    run = rewrite.begin()
    view = finished(run)

    written = rewrite.contents
    assert written["config.exs"].startswith(AFTER["config.exs"])
    assert b"grpc_port" not in written["config.exs"]
    assert b'grpc_listener: %{mode: :external, host: "localhost"' in written["config.exs"]
    assert b"pool_size: 4, # four are enough" in written["config.exs"]
    assert b"installer" not in written["prod.exs"]
    assert b'System.get_env("SHOP_TIMEOUT")' in written["prod.exs"]
    assert {name: written[name] for name in ("dev.exs", "test.exs")} == {
        name: BEFORE[name] for name in ("dev.exs", "test.exs")
    }
    kept = view.results["backup"]["fingerprint"], view.results["write"]["fingerprint"]
    assert [snapshots.load(rewrite.artifacts, 7, each) for each in kept] == [BEFORE, written]
    assert view.results["write"]["changed"] == ["config.exs", "prod.exs"]
    assert view.results["verify"]["problems"].get("error", 0) == 0

    finished(rewrite.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)
    assert rewrite.contents == BEFORE


def test_what_was_written_cannot_be_written_again(rewrite: Rewrite) -> None:
    finished(rewrite.begin())
    again = Rewrite(rewrite.place, {"from_version": "0.13"})

    with pytest.raises(ValidationFailed) as refused:
        again.plan()

    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == ("no_change", "parameters.to_version")


def test_an_edit_after_planning_stops_the_run_before_anything_is_written(rewrite: Rewrite) -> None:
    run = rewrite.begin()
    edited = {**BEFORE, "prod.exs": PROD + b"# mine\n"}
    rewrite.lay(edited)

    view = finished(run, RunState.ROLLED_BACK)

    assert view.step("validate").error["type"] == "plan_is_stale"
    assert "prod.exs" in view.step("validate").error["message"]
    assert rewrite.contents == edited


def test_an_edit_elsewhere_is_kept_where_that_was_signed(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path, {"local_edits": "keep"})
    rewrite.lay()
    run = rewrite.begin()
    mine = b"# mine\nconfig :logger, level: :warning\n"
    rewrite.lay({"config.exs": FIRST.replace(b"config :logger, level: :info\n", mine)})

    finished(run)

    assert mine in rewrite.contents["config.exs"]
    assert b"grpc_port" not in rewrite.contents["config.exs"]
    finished(rewrite.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)
    assert rewrite.contents["config.exs"] == FIRST.replace(b"config :logger, level: :info\n", mine)


@pytest.mark.parametrize(
    ("there", "edit"),
    [
        (b"grpc_port: 50_051", b"grpc_port: 50_061"),
        (
            b"  adapter_module: Snakepit.Adapters.GRPCPython,\n",
            b"  adapter_module: Snakepit.Adapters.GRPCPython, # !\n",
        ),
        (b"config :logger", b"config :snakepit, grpc_host: nil\nconfig :logger"),
    ],
    ids=["a line that changes", "the line beside it", "one more that would change"],
)
def test_an_edit_that_touches_what_was_signed_is_refused_with_the_place(
    tmp_path: Path, there: bytes, edit: bytes
) -> None:
    rewrite = Rewrite(tmp_path, {"local_edits": "keep"})
    rewrite.lay()
    run = rewrite.begin()
    edited = FIRST.replace(there, edit)
    assert edited != FIRST
    rewrite.lay({"config.exs": edited})

    view = finished(run, RunState.ROLLED_BACK)

    assert "config.exs" in view.step("validate").error["message"]
    assert rewrite.contents["config.exs"] == edited


def test_a_roll_back_over_an_edit_waits_for_a_person_and_says_what_to_do(rewrite: Rewrite) -> None:
    run = rewrite.begin()
    finished(run)
    written = rewrite.contents
    rewrite.lay({"prod.exs": written["prod.exs"] + b"# mine\n"})
    back = rewrite.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run)

    view = finished(back, RunState.STUCK)

    assert rewrite.contents == {**written, "prod.exs": written["prod.exs"] + b"# mine\n"}
    assert "prod.exs" in view.step("write").error["message"]
    said = next(entry["actions"] for entry in view.instructions if entry["step"] == "write")
    assert any("restore" in action for action in said)

    rewrite.lay({"prod.exs": written["prod.exs"]})
    back.retry()
    finished(back, RunState.ROLLED_BACK)
    assert rewrite.contents == BEFORE


def test_a_snapshot_is_restored_by_a_plan_of_its_own(rewrite: Rewrite) -> None:
    kept = finished(rewrite.begin()).results["backup"]["fingerprint"]
    restore = Rewrite(
        rewrite.place, {"from_version": "", "to_version": "", "restore": kept}, artifacts=rewrite.artifacts
    )

    planned = restore.plan()
    assert [section["file"] for section in planned.analysis.target_state["comparison"]["sections"]]
    finished(restore.begin(run_id=5, planned=planned))

    assert rewrite.contents == BEFORE


YAML = b"# who serves\nsnakepit:\n  pooling_enabled: true\n  grpc_port: 50051  # the old port\n"
TOML = b"# who serves\n[snakepit]\npooling_enabled = true\ngrpc_port = 50051  # the old port\n"
JSON = b'{\n  "snakepit": {\n    "pooling_enabled": true,\n    "grpc_port": 50051\n  }\n}\n'


@pytest.mark.parametrize(("name", "content"), [("a.yaml", YAML), ("a.toml", TOML), ("a.json", JSON)])
def test_other_formats_go_there_and_back_too(tmp_path: Path, name: str, content: bytes) -> None:
    rewrite = Rewrite(tmp_path, first=name)
    rewrite.lay({name: content})
    run = rewrite.begin()

    finished(run)

    assert b"grpc_listener" in rewrite.contents[name]
    assert b"grpc_port" not in rewrite.contents[name]
    assert [line for line in content.splitlines() if line.startswith(b"#")] == [
        line for line in rewrite.contents[name].splitlines() if line.startswith(b"#")
    ]
    finished(rewrite.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)
    assert rewrite.contents == {name: content}


@pytest.fixture
def anothers() -> Iterator[Path]:
    """A directory that may be read by all and written by root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of others in its directories")
def test_a_dry_run_needs_no_right_to_write(anothers: Path) -> None:
    rewrite = Rewrite(anothers)
    rewrite.lay()
    before = {path: path.stat() for path in anothers.iterdir()}
    os.seteuid(NOBODY)
    try:
        view = finished(rewrite.begin(kind=RunKind.DRY_RUN))
    finally:
        os.seteuid(0)

    assert view.results["write"]["changed"] == ["config.exs", "prod.exs"]
    assert {path: path.stat().st_mtime_ns for path in anothers.iterdir()} == {
        path: about.st_mtime_ns for path, about in before.items()
    }
