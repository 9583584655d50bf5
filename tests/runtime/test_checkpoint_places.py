"""Where checkpoints are written off the machine: a directory, a git work tree, a receiver over HTTP."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from migrations_app.runtime.checkpoint_places import PlaceUnusable, place_at
from tests.proofs.chains import chain, sealed

FIRST, SECOND = sealed(chain(5), (2, 3))
(OTHER,) = sealed(chain(2, actor="eve"), (2,))


def git(directory: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(directory), *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--bare", "far.git")
    tree = tmp_path / "tree"
    tree.mkdir()
    git(tree, "init", "--quiet")
    git(tree, "config", "user.name", "Evidence")
    git(tree, "config", "user.email", "evidence@example.org")
    git(tree, "remote", "add", "far", str(tmp_path / "far.git"))
    return tree


class Receiving(BaseHTTPRequestHandler):
    got: list[dict[str, str]]
    status = 204

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: a test's output is for people."""


@pytest.fixture
def receiver() -> Iterator[type[Receiving]]:
    handler = type("Handler", (Receiving,), {"got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{server.server_port}/audit?key=secret"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_directory_gives_back_what_was_written_however_often(tmp_path: Path) -> None:
    place = place_at(tmp_path.as_uri())
    for one in (FIRST, SECOND, FIRST):
        place.write(one)

    assert place.read() == {1: FIRST, 2: SECOND}
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "checkpoint-000000000001.json",
        "checkpoint-000000000002.json",
    ]


def test_another_checkpoint_of_the_same_number_is_never_written_over_the_first(tmp_path: Path) -> None:
    place = place_at(tmp_path.as_uri())
    place.write(FIRST)

    with pytest.raises(PlaceUnusable, match="holds another checkpoint 1"):
        place.write(OTHER)
    assert place.read() == {1: FIRST}


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = place_at((tmp_path / "gone").as_uri())

    with pytest.raises(PlaceUnusable, match="gone cannot be written: No such file"):
        place.write(FIRST)
    assert place.read() == {}


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000000000001.json").write_text('{"body": "{}", "signature": ""}')

    with pytest.raises(PlaceUnusable, match=r"checkpoint-000000000001\.json holds no checkpoint"):
        place_at(tmp_path.as_uri()).read()


def test_in_a_work_tree_each_checkpoint_is_a_commit_once_and_is_pushed(work_tree: Path, tmp_path: Path) -> None:
    place = place_at(f"git+{work_tree.as_uri()}?push=far")
    for one in (FIRST, SECOND, SECOND):
        place.write(one)

    subjects = ["Audit checkpoint 2, through entry 5", "Audit checkpoint 1, through entry 2"]
    assert git(work_tree, "log", "--format=%s").splitlines() == subjects
    branch = git(work_tree, "branch", "--show-current")
    assert git(tmp_path / "far.git", "log", "--format=%s", branch).splitlines() == subjects
    assert place.read() == {1: FIRST, 2: SECOND}


def test_a_checkpoint_that_was_written_but_not_committed_is_committed_the_next_time(work_tree: Path) -> None:
    place_at(work_tree.as_uri()).write(FIRST)
    place_at(f"git+{work_tree.as_uri()}").write(FIRST)

    assert git(work_tree, "log", "--format=%s") == "Audit checkpoint 1, through entry 2"


def test_what_git_says_is_passed_on(work_tree: Path, tmp_path: Path) -> None:
    with pytest.raises(PlaceUnusable, match=r"git push in .*: .*nowhere"):
        place_at(f"git+{work_tree.as_uri()}?push=nowhere").write(FIRST)
    with pytest.raises(PlaceUnusable, match="git add in"):
        place_at(f"git+{tmp_path.as_uri()}").write(FIRST)


def test_a_receiver_gets_the_document(receiver: type[Receiving]) -> None:
    place = place_at(receiver.url)
    place.write(SECOND)

    assert receiver.got == [SECOND.document()]
    assert place.read() is None
    assert "secret" not in place.name
    assert place.name != place_at(f"{receiver.url}/other").name


def test_a_receiver_that_refuses_or_is_not_there_is_named(receiver: type[Receiving]) -> None:
    receiver.status = 503
    with pytest.raises(PlaceUnusable, match=r"/…\w{6} answered 503\."):
        place_at(receiver.url).write(FIRST)
    with pytest.raises(PlaceUnusable, match="does not answer: ConnectError"):
        place_at("http://127.0.0.1:1/audit").write(FIRST)


@pytest.mark.parametrize("url", ["", "/srv", "file://host/x", "ftp://x/y", "https://", "git+file:relative"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no place for checkpoints"):
        place_at(url)


def test_a_password_in_what_git_says_is_hidden(work_tree: Path) -> None:
    hook = work_tree / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no way to https://u:hunter22@far.example/evidence' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PlaceUnusable, match=r"no way to https://u:•••@far\.example") as told:
        place_at(f"git+file://{work_tree}").write(FIRST)
    assert "hunter22" not in str(told.value)
