"""Whole migrations of a project under version control: there and back, `git diff` empty, also from the middle."""

import json
import os
import subprocess
import sys

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import Decision, RunKind, RunState, Signal, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.adapter.places import ADAPTER, CODE, MANUAL, Shop, finished

BRIDGE = """
class BaseAdapter:
    def call_tool(self, tool_name, **arguments):
        return getattr(self, tool_name)(**arguments)


def tool(**_):
    return lambda function: function
"""
REMOVING = {"cleanup_old_adapter": True}


@pytest.fixture
def tracked(shop: Shop) -> Shop:
    """The project is a git repository with one commit."""
    git(shop, "init", "--quiet")
    git(shop, "add", "--all")
    git(shop, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "first")
    return shop


def git(shop: Shop, *arguments: str) -> str:
    """With nobody's own settings."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(
        ["git", "-C", str(shop.root), *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def differences(shop: Shop) -> str:
    """What git sees: contents, permissions, and files that are not its own."""
    return git(shop, "diff", "HEAD") + git(shop, "status", "--porcelain", "--untracked-files=all")


def back(shop: Shop, run: LocalRun) -> LocalRun:
    return shop.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run)


def failing(shop: Shop, step: str) -> LocalRun:
    """A run whose step is made to fail before it does anything."""
    run = shop.begin()

    def fail(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, step, False):
            raise StepFailed("It was made to fail.")

    run.handler = InterposedHandler(shop.handler, fail, [one.id for one in run.plan.steps])
    return run


def test_there_and_back_and_git_sees_nothing(tracked: Shop) -> None:
    tracked.parameters = REMOVING
    before = tracked.tree()

    run = tracked.begin()
    view = finished(run)

    assert not (tracked.root / "shop/adapter.py").exists()
    assert b"GenericAdapter" in (tracked.root / "client/room.py").read_bytes()
    assert b"# as the catalogue says" in (tracked.root / "client/room.py").read_bytes()
    pools = (tracked.root / "config/config.exs").read_text()
    assert "generic_adapter.GenericAdapter" in pools
    assert f'"{tracked.root}/generic_adapter/tools.json"' in pools
    assert "# who serves the shop's tools" in pools
    assert json.loads((tracked.root / "generic_adapter/tools.json").read_text())["tools"]
    assert view.results["verify"]["tools"] == ["area", "root"]
    assert "generic_adapter/tools.json" in differences(tracked)

    finished(back(tracked, run), RunState.ROLLED_BACK)

    assert tracked.tree() == before
    assert differences(tracked) == ""


def test_the_callers_get_the_same_answers_from_the_generic_adapter(tracked: Shop) -> None:
    finished(tracked.begin())

    said = subprocess.run(
        [sys.executable, "-B", "-c", "import client.room, client.show; print(client.room.room(3, 4))"],
        cwd=tracked.root,
        check=True,
        capture_output=True,
        text=True,
    )

    assert said.stdout.split() == ["1.414", "12"]


def test_what_python_compiled_of_the_package_goes_with_it(tracked: Shop) -> None:
    (tracked.root / ".gitignore").write_text("__pycache__/\n")
    run = tracked.begin()
    finished(run)
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", "import generic_adapter"], cwd=tracked.root, env=environment, check=True)
    assert (tracked.root / "generic_adapter/__pycache__").is_dir()

    finished(back(tracked, run), RunState.ROLLED_BACK)

    assert not (tracked.root / "generic_adapter").exists()


@pytest.mark.parametrize("step", ["analyze", "validate", "backup", "configure", "migrate_calls", "verify", "cleanup"])
def test_a_failure_at_any_step_leaves_the_project_as_it_was(tracked: Shop, step: str) -> None:
    tracked.parameters = REMOVING
    before = tracked.tree()

    finished(failing(tracked, step), RunState.ROLLED_BACK)

    assert tracked.tree() == before
    assert differences(tracked) == ""


MADE, CALLS, GONE = 8, 3, 1  # files of the three steps that change some
PLACES = [1, 4, MADE, MADE + 1, MADE + CALLS, MADE + CALLS + GONE]


@pytest.mark.parametrize("renamed", PLACES)
def test_a_driver_that_dies_after_some_of_the_files_is_followed_by_one_that_ends_whole(
    tracked: Shop, renamed: int
) -> None:
    tracked.parameters = REMOVING
    first = tracked.begin()
    finished(first)
    expected = tracked.tree()
    finished(back(tracked, first), RunState.ROLLED_BACK)
    run = tracked.begin(run_id=3)
    with armed(f"files.renamed:{renamed}:raise"), pytest.raises(Crash):
        run.finish()

    finished(run)

    assert tracked.tree() == expected


@pytest.mark.parametrize("renamed", PLACES[:-1])
def test_one_that_dies_after_some_of_the_files_and_is_cancelled_leaves_none(tracked: Shop, renamed: int) -> None:
    tracked.parameters = REMOVING
    before = tracked.tree()
    run = failing(tracked, "cleanup")
    with armed(f"files.renamed:{renamed}:raise"), pytest.raises(Crash):
        run.finish()
    run.signal(Signal.CANCEL)

    view = run.finish()

    assert view.state in (RunState.ROLLED_BACK, RunState.CANCELLED), view.error
    assert tracked.tree() == before
    assert differences(tracked) == ""


@pytest.mark.parametrize("renamed", PLACES)
def test_a_way_back_that_dies_after_some_of_the_files_is_gone_on_with(tracked: Shop, renamed: int) -> None:
    tracked.parameters = REMOVING
    run = tracked.begin()
    finished(run)
    undoing = back(tracked, run)
    with armed(f"files.renamed:{renamed}:raise"), pytest.raises(Crash):
        undoing.finish()

    finished(undoing, RunState.ROLLED_BACK)

    assert differences(tracked) == ""


def test_a_person_who_declines_the_removal_keeps_the_old_adapter(tracked: Shop) -> None:
    tracked.parameters = REMOVING

    view = finished(tracked.begin(), confirm=Decision.REJECT)

    assert (tracked.root / "shop/adapter.py").read_bytes() == ADAPTER
    assert view.step("cleanup").state is StepState.SKIPPED


def test_a_dry_run_writes_nothing(tracked: Shop) -> None:
    tracked.parameters = REMOVING

    view = finished(tracked.begin(kind=RunKind.DRY_RUN))

    assert view.results["migrate_calls"]["changed"] == ["client/room.py", "client/show.py", "config/config.exs"]
    assert view.results["cleanup"]["changed"] == ["shop/adapter.py"]
    assert differences(tracked) == ""


def test_an_edit_after_planning_stops_the_run_before_anything_is_written(tracked: Shop) -> None:
    run = tracked.begin()
    (tracked.root / "client/room.py").write_bytes(CODE["client/room.py"] + b"# an edit\n")

    view = finished(run, RunState.ROLLED_BACK)

    assert view.step("analyze").error["type"] == "plan_is_stale"
    assert not (tracked.root / "generic_adapter").exists()


@pytest.mark.parametrize("path", ["client/room.py", "generic_adapter/tools.json"])
def test_a_roll_back_over_an_edit_waits_for_a_person_and_says_what_to_do(tracked: Shop, path: str) -> None:
    run = tracked.begin()
    finished(run)
    written = (tracked.root / path).read_bytes()
    (tracked.root / path).write_bytes(written + b"\n")
    undoing = back(tracked, run)

    view = undoing.finish()

    assert view.state is RunState.STUCK
    assert (tracked.root / path).read_bytes() == written + b"\n"
    assert any(path in line for entry in view.instructions for line in entry["actions"])

    (tracked.root / path).write_bytes(written)
    undoing.retry()
    finished(undoing, RunState.ROLLED_BACK)
    assert differences(tracked) == ""


def test_the_custom_adapter_goes_on_serving_what_no_entry_says(tracked: Shop) -> None:
    tracked.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    (tracked.root / "snakepit_bridge").mkdir()
    (tracked.root / "snakepit_bridge/base_adapter.py").write_text(BRIDGE)
    tracked.parameters = {"manual_tools": "keep_custom"}

    finished(tracked.begin())

    code = (
        "from generic_adapter.with_custom import Adapter as A; a = A('generic_adapter/tools.json');"
        "print(a.execute_tool('root', {'x': 2}), a.execute_tool('total', {'numbers': [1, 2]}))"
    )
    said = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tracked.root, check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == ["1.414", "3"]
