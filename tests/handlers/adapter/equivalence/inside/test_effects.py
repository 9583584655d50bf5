import json
import os
import subprocess
import sys
from pathlib import Path

from migrations_app.handlers.adapter.equivalence.inside.effects import content

ROOT = Path(__file__).resolve().parents[5]


def recorded(code: str, tmp_path: Path) -> list[str]:
    """In a process of its own, as a hook stays for ever."""
    program = f"""
import json
from migrations_app.handlers.adapter.equivalence.inside import effects
found = effects.Effects({str(tmp_path)!r})
found.begin()
{code}
print(json.dumps(found.end()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_files_of_the_scratch_directory_by_their_content_and_new_ones_are_removed(tmp_path):
    (tmp_path / "old").write_text("a")
    (tmp_path / "gone").write_text("a")
    code = f"""
import os
open({str(tmp_path / "old")!r}, "w").write("b")
os.makedirs({str(tmp_path / "new/deep")!r})
open({str(tmp_path / "new/deep/file")!r}, "w").write("abc")
os.remove({str(tmp_path / "gone")!r})
"""
    found = recorded(code, tmp_path)

    assert {one.partition(":")[0].replace(str(tmp_path), "") for one in found} == {
        "changes /old",
        "creates /new",
        "creates /new/deep",
        "creates /new/deep/file",
        "removes /gone",
    }
    assert any("file: 3 bytes, " in one for one in found)
    assert not (tmp_path / "new").exists()


def test_reading_computing_and_printing_are_no_effects(tmp_path):
    code = "import decimal, sys\nopen('/etc/hostname').read()\nprint('x', file=sys.stderr)\nopen('/dev/null', 'w')"
    assert recorded(code, tmp_path) == []


def test_what_is_tried_outside_is_told_though_it_fails(tmp_path):
    code = """
import os, socket, subprocess
for attempt in (
    lambda: open("/no/such/file", "w"), lambda: os.remove("/no/such/file"), lambda: os.rename("/no/a", "/no/b"),
    lambda: socket.create_connection(("127.0.0.1", 1)), lambda: subprocess.run(["/no/such/program", "x"]),
):
    try:
        attempt()
    except OSError:
        pass
os.environ["NAME"] = "value"
"""
    said = recorded(code, tmp_path)

    for expected in (
        "opens /no/such/file for writing",
        "os.remove /no/such/file",
        "os.rename /no/a, /no/b",
        "network: socket.connect ('127.0.0.1', 1)",
        "program: subprocess.Popen",
        "environment: os.putenv NAME",
    ):
        assert any(one.startswith(expected) for one in said), (expected, said)


def test_what_is_in_a_directory(tmp_path):
    (tmp_path / "file").write_text("abc")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")

    found = content(str(tmp_path))

    assert found[str(tmp_path / "file")].startswith("3 bytes, ")
    assert {path.rpartition("/")[2] for path in found} == {"file", "link", "pipe"}
