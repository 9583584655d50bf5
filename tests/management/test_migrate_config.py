import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from migrations_app.engine.crash_points import armed
from migrations_app.files.reading import MOST_BYTES
from tests.files.nobody import as_nobody
from tests.parallel import wait_for

ROOT = Path(__file__).resolve().parents[2]
OLD = """\
import Config

config :snakepit,
  # ours
  adapter_module: Snakepit.Adapters.GenericPythonV2,
  wire_protocol: :json

import_config "#{config_env()}.exs"
"""
PROD = "import Config\n\nconfig :snakepit, cleanup_retry_interval: 100\n"
EMPTY = "import Config\n"


@pytest.fixture
def home() -> Iterator[Path]:
    """A configuration in a directory that everybody may read."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        for file, text in {"config": OLD, "prod": PROD, "dev": EMPTY, "test": EMPTY}.items():
            (place / f"{file}.exs").write_text(text)
        yield place


def contents(place: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(place.iterdir()) if each.is_file()}


def status(*arguments: object) -> int:
    try:
        call_command("migrate_config", *map(str, arguments))
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_a_diff_to_standard_output_and_nothing_written(home, capsys):
    before = contents(home)

    assert status(home / "config.exs", "--to", "0.13") == 0

    said = capsys.readouterr()
    assert "-  adapter_module: Snakepit.Adapters.GenericPythonV2,\n-  wire_protocol: :json\n" in said.out
    assert "+  adapter_module: Snakepit.Adapters.GRPCPython\n" in said.out
    assert "+config :snakepit, cleanup_retry_interval_ms: 100\n" in said.out
    assert contents(home) == before


def test_the_diff_is_one_that_patch_takes(home, capsys):
    status(home / "config.exs", "--to", "0.13")
    diff = capsys.readouterr().out

    assert status(home / "config.exs", "--to", "0.13", "--write") == 0

    undone = subprocess.run(["patch", "-R", "-p1", "-d", home], input=diff.encode(), capture_output=True, check=True)
    assert undone.returncode == 0
    assert (home / "config.exs").read_text() == OLD
    assert (home / "prod.exs").read_text() == PROD


def test_check_says_by_its_status_whether_it_would_change(home, capsys):
    assert status(home / "config.exs", "--to", "0.13", "--check") == 1
    assert capsys.readouterr().out == ""

    assert status(home / "config.exs", "--to", "0.13", "--write") == 0
    assert status(home / "config.exs", "--to", "0.13", "--from", "0.3", "--check") == 0


def test_json_has_hunks_problems_and_what_was_detected(home, capsys):
    assert status(home / "config.exs", "--to", "0.13.0", "--from", "0.3.1", "--json") == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["from"], said["to"], said["changes"], said["reversible"]) == ("0.3.1", "0.13.0", True, False)
    assert [file["path"] for file in said["files"] if file["changed"]] == ["config.exs", "prod.exs"]
    assert {hunk["rule"] for hunk in said["hunks"] if hunk["manner"] == "automatic"} == {
        "adapter-module-0.4.0",
        "wire-protocol",
        "renamed-cleanup_retry_interval",
    }
    assert said["detected"]["possible"] == ["0.3.0", "0.3.1"]
    assert said["problems"] == []


def test_writing_keeps_permissions_and_files_that_do_not_change(home):
    (home / "config.exs").chmod(0o640)
    untouched = (home / "dev.exs").stat()

    assert status(home / "config.exs", "--to", "0.13", "--write") == 0

    assert stat.S_IMODE((home / "config.exs").stat().st_mode) == 0o640
    assert (home / "dev.exs").stat().st_mtime_ns == untouched.st_mtime_ns
    assert sorted(contents(home)) == ["config.exs", "dev.exs", "prod.exs", "test.exs"]
    assert "wire_protocol" not in (home / "config.exs").read_text()


def test_where_several_releases_fit_the_newest_is_not_taken_for_granted(home, capsys):
    (home / "config.exs").write_text("import Config\nconfig :snakepit, pooling_enabled: true\n")

    assert status(home / "config.exs", "--to", "0.13") == 2

    assert "It fits Snakepit 0.3.0 to 0.13.0" in capsys.readouterr().err
    assert status(home / "config.exs", "--to", "0.13", "--from", "0.9.1") == 0


def test_and_where_all_that_fit_lead_to_the_same_it_makes_no_difference(home):
    (home / "config.exs").write_text('import Config\nconfig :snakepit, data_dir: "a", log_level: :info\n')

    assert status(home / "config.exs", "--to", "0.13", "--check") == 0


@pytest.mark.parametrize("version", ["0.4.1", "1.0", "latest"])
def test_a_version_that_is_none(home, capsys, version):
    assert status(home / "config.exs", "--to", version) == 2
    assert "There is no Snakepit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"import Config\nconfig :snakepit, pool_config: %{pool_size: 2\n", "config.exs:"),
        (b'import Config\nconfig :snakepit, data_dir: "\xff"\n', "not UTF-8"),
        (b"import Config\nconfig :snakepit, a: " + b"[" * 2000 + b"]" * 2000, "levels"),
        (b"import Config\nconfig :snakepit, pools: %{}\n", "invalid_pools_config"),
        (b"import Config\nconfig :snakepit, adapter_module: Snakepit.Adapters.GenericJavaScript\n", "no successor"),
    ],
)
def test_errors_are_named_with_their_lines_and_nothing_is_written(home, capsys, content, said):
    (home / "config.exs").write_bytes(content)
    before = contents(home)

    assert status(home / "config.exs", "--to", "0.13", "--from", "0.3.1", "--write") == 3

    err = capsys.readouterr().err
    assert said in err
    assert "Nothing was written." in err
    assert contents(home) == before


def test_no_way_back(home, capsys):
    (home / "config.exs").write_text("import Config\nconfig :snakepit, affinity: :strict_queue\n")

    assert status(home / "config.exs", "--to", "0.9", "--from", "0.13", "--write") == 4
    assert "`affinity` in config.exs line 2" in capsys.readouterr().err


def too_large(home: Path) -> None:
    (home / "config.exs").write_bytes(b"import Config\n" + b"#" * MOST_BYTES)


def missing(home: Path) -> None:
    (home / "config.exs").unlink()


def link_out(home: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp()) / "config.exs"
    (home / "config.exs").rename(elsewhere)
    (home / "config.exs").symlink_to(elsewhere)


def imported_link_out(home: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp()) / "prod.exs"
    (home / "prod.exs").rename(elsewhere)
    (home / "prod.exs").symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (too_large, "are the most"),
        (missing, "is not there"),
        (link_out, "outside of the configuration's directory"),
        (imported_link_out, "outside of the configuration's directory"),
    ],
)
def test_a_file_that_is_not_one_to_convert(home, capsys, make, said):
    make(home)
    before = contents(home)

    assert status(home / "config.exs", "--to", "0.13", "--from", "0.3.1", "--write") == 5

    assert said in capsys.readouterr().err
    assert contents(home) == before


def test_a_link_within_the_directory_stays_a_link(home):
    (home / "config.exs").rename(home / "real.exs")
    (home / "config.exs").symlink_to("real.exs")

    assert status(home / "config.exs", "--to", "0.13", "--from", "0.3.1", "--write") == 0

    assert (home / "config.exs").is_symlink()
    assert "GRPCPython" in (home / "real.exs").read_text()


def test_a_directory_that_may_not_be_written(home, capsys):
    before = contents(home)
    home.chmod(0o555)

    with as_nobody():
        assert status(home / "config.exs", "--to", "0.13", "--from", "0.3.1", "--write") == 5

    assert "Give the worker's user the right to write" in capsys.readouterr().err
    assert contents(home) == before


def test_a_file_that_changes_meanwhile_is_left_as_it_was_made(home, tmp_path, capsys):
    go_on, ended = tmp_path / "go-on", []

    def run() -> None:
        ended.append(status(home / "config.exs", "--to", "0.13", "--from", "0.3.1", "--write"))

    with armed(f"files.before_rename:1:wait:{go_on}"):
        running = threading.Thread(target=run)
        running.start()
        wait_for(lambda: Path(f"{go_on}.reached").exists())
        (home / "config.exs").write_text(EMPTY)
        go_on.touch()
        running.join(timeout=30)

    assert ended == [5]
    assert "was changed by somebody else" in capsys.readouterr().err
    assert ((home / "config.exs").read_text(), (home / "prod.exs").read_text()) == (EMPTY, PROD)


def test_no_server_and_no_database_is_asked(home, tmp_path):
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    surroundings |= {
        "SNAKEWEB_STATE": str(tmp_path),
        "SNAKEWEB_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SNAKEWEB_REDIS_URL": "redis://127.0.0.1:1/0",
    }

    said = subprocess.run(
        [sys.executable, "manage.py", "migrate_config", home / "config.exs", "--to", "0.13"],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert said.returncode == 0, said.stderr
    assert "+  adapter_module: Snakepit.Adapters.GRPCPython\n" in said.stdout
