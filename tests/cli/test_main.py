"""What ends a command that nobody asked to end: its status is never that of a run that failed."""

import json
import os
import resource
import shlex
import subprocess
from pathlib import Path

import pytest

from migrations_app.cli.exits import Exit
from tests.architecture.sources import ROOT
from tests.cli.test_client import answering
from tests.cli.test_commands import NO_SERVER, SNAKEWEB

TITLE = "é → 😀"
MIGRATION = {"title": TITLE, "environment": "dev", "review": {"state": "approved", "digest": "d", "signatures": []}}


def ok(content: bytes, media_type: str = "application/json") -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content


def surroundings(url: str, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SNAKEWEB_URL": url, "SNAKEWEB_TOKEN": "x", **more}


def ended(url: str, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*SNAKEWEB, *words], env=surroundings(url, **more), capture_output=True, check=False)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ALL_PROXY": "socks5://127.0.0.1:1"}, "SOCKS"),
        ({"HTTP_PROXY": "http://[::1"}, "cannot be used"),
        ({"SSL_CERT_FILE": "/nowhere"}, "cannot be used"),
        ({"SNAKEWEB_URL": "http://[::1"}, "cannot be used"),
    ],
    ids=["socks", "proxy", "authorities", "address"],
)
def test_what_the_environment_says_and_nobody_can_use_is_wrong_use(more: dict[str, str], said: str) -> None:
    process = ended(NO_SERVER, "status", **more)

    assert process.returncode == Exit.USAGE, process.stderr
    assert said in process.stderr.decode()
    assert b"Traceback" not in process.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_title_is_printed_whatever_the_terminal_speaks(encoding: str) -> None:
    with answering(ok(json.dumps(MIGRATION).encode())) as client:
        as_json = ended(client.base, "submit", "5", "--json", PYTHONIOENCODING=encoding)
        as_text = ended(client.base, "submit", "5", PYTHONIOENCODING=encoding)

    assert (as_json.returncode, json.loads(as_json.stdout.decode(encoding))) == (Exit.OK, MIGRATION)
    assert (as_text.returncode, as_text.stderr) == (Exit.OK, b"")
    assert (TITLE if encoding == "utf-8" else "\\u2192") in as_text.stdout.decode(encoding)


def test_a_reader_that_has_seen_enough_and_a_disk_that_is_full() -> None:
    piped = f"set -o pipefail; {shlex.join(SNAKEWEB)} export 5"
    with answering(ok(b"line: 1\n" * 20_000, "application/yaml")) as client:
        env = surroundings(client.base)
        enough = subprocess.run(["bash", "-c", f"{piped} | head -1"], env=env, capture_output=True, check=False)
        full = subprocess.run(["bash", "-c", f"{piped} > /dev/full"], env=env, capture_output=True, check=False)

    assert (enough.returncode, enough.stdout, enough.stderr) == (Exit.OK, b"line: 1\n", b"")
    assert full.returncode == Exit.BROKE_OFF
    assert b"No space left" in full.stderr


def test_half_an_export_is_not_left_where_the_whole_one_was_wanted(tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    file = tmp_path / "audit.jsonl"
    with answering(ok(b"{}\n" * 100_000, "application/x-ndjson")) as client:
        process = subprocess.run(
            [*SNAKEWEB, "audit", "export", str(file)],
            env=surroundings(client.base),
            capture_output=True,
            preexec_fn=little_room,
            check=False,
        )

    assert (process.returncode, file.exists()) == (Exit.USAGE, False), process.stderr
