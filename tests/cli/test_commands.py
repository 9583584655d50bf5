"""The console script as its users start it, against a real server process."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from django.utils import timezone

from migrations_app.cli.exits import Exit
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import Run
from migrations_app.runtime import sealing
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.journal import append_by_person
from migrations_app.services import driving, runs, tokens
from migrations_app.services.actor import Actor
from migrations_app.testing.servers import RedisServer
from tests.architecture.sources import ROOT
from tests.hand_overs import DUAL_A, DUAL_B, route, zero_downtime_run
from tests.parallel import wait_for
from tests.runs import a_run, queued
from tests.session_runs import sqlite_migration
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

SNAKEWEB = [
    sys.executable,
    "-W",
    "ignore::DeprecationWarning",
    "-c",
    "from migrations_app.cli.main import main; exit(main())",
]
NO_SERVER = "http://127.0.0.1:1"


OBSERVED = "tests.cli.observed_server:application"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, django_db_setup: None) -> Iterator[Web]:
    with web_process(tmp_path_factory.mktemp("web"), redis_server.url, OBSERVED) as web:
        yield web


@pytest.fixture
def token(viewer: Actor) -> str:
    return tokens.create(actor=viewer, now=datetime.now(UTC), name="for a test", scopes=["read"]).clear


def command(
    url: str, token: str, *words: str, terminal: int | None = None, more: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.Popen[str]":
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SNAKEWEB_URL": url, "SNAKEWEB_TOKEN": token}
    return subprocess.Popen(
        [*SNAKEWEB, *words],
        env={**surroundings, **more},
        text=True,
        stdout=subprocess.PIPE if terminal is None else terminal,
        stderr=subprocess.PIPE if terminal is None else terminal,
        preexec_fn=_hear_interrupts,
    )


def _hear_interrupts() -> None:
    """As at a terminal: what a shell starts in the background has been told to ignore them, and so would a child."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def outcome(url: str, token: str, *words: str) -> tuple[int, str, str]:
    process = command(url, token, *words)
    out, errors = process.communicate(timeout=60)
    return process.returncode, out, errors


def test_status_shows_what_runs_and_what_there_is(web: Web, token: str) -> None:
    run = a_run()
    code, out, errors = outcome(web.url, token, "status")
    assert (code, errors) == (Exit.OK, "")
    assert "1 live runs, 1 migrations" in out
    assert str(run.pk) in out
    assert "Move sessions" in out


def test_status_of_one_migration_has_the_original_names(web: Web, token: str) -> None:
    run = a_run()
    code, out, _ = outcome(web.url, token, "status", str(run.migration_id))
    assert code == Exit.OK
    assert "status" in out
    assert "progress" in out

    code, out, _ = outcome(web.url, token, "status", str(run.migration_id), "--json")
    assert json.loads(out)["migration_id"] == str(run.migration_id)


def test_titles_cannot_paint_the_terminal(web: Web, token: str) -> None:
    run = a_run()
    run.migration.title = "[red]Move[/red] \x1b[31m"
    run.migration.save()
    code, out, _ = outcome(web.url, token, "status")
    assert code == Exit.OK
    assert "[red]Move[/red]" in out
    assert "\x1b" not in out


def test_watch_follows_a_run_to_its_end(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    process = command(web.url, token, "watch", str(run.pk))
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.strip()
    drive(run)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (Exit.OK, "")
    assert f"run {run.pk} succeeded" in out


def test_whoever_reads_and_hangs_up_does_not_learn_that_the_run_succeeded(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    process = command(web.url, token, "watch", str(run.pk))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().strip()
    process.stdout.close()
    drive(run)
    with process.stderr as errors:
        assert (process.wait(60), errors.read()) == (Exit.INTERRUPTED, "")


def drive(run: Run) -> None:
    def ended() -> bool:
        driving.drive_run(run_id=run.pk, clock=SystemClock())
        run.refresh_from_db()
        return run.ended_at is not None

    wait_for(ended)


def test_watch_prints_each_event_once_as_json(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    drive(run)
    code, out, _ = outcome(web.url, token, "watch", str(run.pk), "--json")
    assert code == Exit.OK
    run.refresh_from_db()
    assert [json.loads(line)["seq"] for line in out.splitlines()] == list(range(1, run.last_seq + 1))

    code, out, _ = outcome(web.url, token, "watch", str(run.pk), "--json", "--after", str(run.last_seq - 2))
    assert len(out.splitlines()) == 2


def test_at_a_terminal_a_run_has_bars_and_its_events(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    drive(run)
    ours, theirs = pty.openpty()
    more = {"TERM": "xterm-256color", "COLUMNS": "140", "LANG": "C.UTF-8"}
    with command(web.url, token, "watch", str(run.pk), terminal=theirs, more=more) as process:
        os.close(theirs)
        said = everything(ours)
    os.close(ours)

    assert process.returncode == Exit.OK
    assert "\x1b[" in said
    assert "━" in said
    assert "100%" in said
    assert "8 of 8 steps" in said
    assert "The run succeeded." in said
    assert f"run {run.pk} succeeded" in said


def everything(terminal: int) -> str:
    """What was written to a terminal until its last writer has gone."""
    parts = []
    with contextlib.suppress(OSError):  # Linux says so at the end
        while part := os.read(terminal, 65536):
            parts.append(part)
    return b"".join(parts).decode()


def test_a_run_that_did_not_succeed_ends_with_status_one(web: Web, token: str, tmp_path: Path, operator: Actor) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    runs.cancel(actor=operator, now=timezone.now(), run_id=run.pk)
    drive(run)
    code, out, _ = outcome(web.url, token, "watch", str(run.pk))
    assert code == Exit.FAILED
    assert f"run {run.pk} cancelled" in out


def test_watch_is_told_and_goes_on_over_a_restart_of_the_web_process(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    process = command(web.url, token, "watch", str(run.pk), "--json")
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    wait_for(lambda: "stream" in asked(web, run))
    for _ in range(2):
        say(run)
        lines.append(process.stdout.readline())
    assert asked(web, run) == ["events", "", "stream"], "what happens is told, and not asked for"
    web.kill()
    say(run)
    web.start()
    lines.append(process.stdout.readline())
    drive(run)
    out, errors = process.communicate(timeout=90)
    assert (process.returncode, errors) == (Exit.OK, "")
    run.refresh_from_db()
    assert [json.loads(line)["seq"] for line in lines + out.splitlines()] == list(range(1, run.last_seq + 1))


def test_watch_asks_a_server_that_does_not_stream(web: Web, token: str, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    older = state_of(web) / "older"
    older.touch()
    try:
        process = command(web.url, token, "watch", str(run.pk), "--json")
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        say(run)
        lines.append(process.stdout.readline())
        drive(run)
        out, errors = process.communicate(timeout=90)
    finally:
        older.unlink()
    assert (process.returncode, errors, asked(web, run).count("stream")) == (Exit.OK, "", 1)
    run.refresh_from_db()
    assert [json.loads(line)["seq"] for line in lines + out.splitlines()] == list(range(1, run.last_seq + 1))


def say(run: Run) -> None:
    append_by_person(
        run, [NewEvent(EventType.LOGGED, payload={"level": "info", "message": "moved"})], now=timezone.now()
    )


def state_of(web: Web) -> Path:
    return Path(web.processes.surroundings["SNAKEWEB_STATE"])


def asked(web: Web, run: Run) -> list[str]:
    """What was asked about a run, in order: `events`, `stream`, or '' for the run itself."""
    about = f"/api/v1/runs/{run.pk}"
    lines = (state_of(web) / "asked").read_text().splitlines()
    return [line.removeprefix(about).strip("/") for line in lines if line.startswith(about)]


def test_orders_reach_a_run_and_say_when_they_take_effect(web: Web, operator: Actor, tmp_path: Path) -> None:
    may = tokens.create(actor=operator, now=datetime.now(UTC), name="for a test", scopes=["read", "operate"]).clear
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    number = str(run.pk)

    code, out, errors = outcome(web.url, may, "pause", number)
    assert (code, errors) == (Exit.OK, "")
    assert "takes effect at its next batch" in out
    driving.drive_run(run_id=run.pk, clock=SystemClock())
    run.refresh_from_db()
    assert run.state == "paused"
    code, _, errors = outcome(web.url, may, "watch", number, "--timeout", "0.1")
    assert (code, f"snakeweb watch {number} --after {run.last_seq}" in errors) == (Exit.TIMED_OUT, True)
    assert outcome(web.url, may, "resume", number)[0] == Exit.OK
    code, out, _ = outcome(web.url, may, "cancel", number, "--json")
    assert (code, json.loads(out)["id"]) == (Exit.OK, run.pk)
    drive(run)
    assert run.state == "cancelled"

    code, out, errors = outcome(web.url, may, "pause", number)
    assert (code, out) == (Exit.REFUSED, "")
    assert "it is cancelled" in errors
    code, _, errors = outcome(web.url, may, "cutover", number)
    assert (code, "no zero-downtime hand-over" in errors) == (Exit.REFUSED, True)


def test_orders_on_a_hand_over(web: Web, operator: Actor) -> None:
    may = tokens.create(actor=operator, now=datetime.now(UTC), name="for a test", scopes=["read", "operate"]).clear
    run = zero_downtime_run(done=["prepare"])
    route((0, 25, DUAL_B), (26, 255, DUAL_A))
    for words, order in (("--postpone",), "hold"), ((), "go"), (("--abort",), "back"):
        code, out, errors = outcome(web.url, may, "cutover", str(run.pk), *words)
        run.refresh_from_db()
        assert (code, errors, run.cutover) == (Exit.OK, "", order)
        assert f"“{order}”" in out
    assert outcome(web.url, may, "throttle", str(run.pk), "1000")[0] == Exit.OK
    run.refresh_from_db()
    assert run.most_a_second == 1000
    assert outcome(web.url, may, "throttle", str(run.pk), "--", "-1")[0] == Exit.USAGE
    assert outcome(web.url, may, "cutover", str(run.pk), "--postpone", "--abort")[0] == Exit.USAGE


def test_ctrl_c_ends_the_watching_and_not_the_run(web: Web, token: str) -> None:
    run = a_run()
    with command(web.url, token, "watch", str(run.pk)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == Exit.INTERRUPTED
    assert "Traceback" not in errors
    run.refresh_from_db()
    assert run.state == "queued"


def test_each_failure_has_its_status_and_says_what_to_do(web: Web, token: str, cast: object) -> None:
    failures = {
        (web.url, "swk_00000000_wrong", "status"): (Exit.REFUSED, "token"),
        (web.url, token, "watch", "999999"): (Exit.REFUSED, "no run 999999"),
        (web.url, token, "status", "999999"): (Exit.REFUSED, "999999"),
        (NO_SERVER, token, "status"): (Exit.UNREACHABLE, "SNAKEWEB_URL"),
        (f"{web.url}/healthz", token, "status"): (Exit.REFUSED, "404"),
        ("nonsense", token, "status"): (Exit.UNREACHABLE, "nonsense"),
        (web.url, "", "status"): (Exit.USAGE, "SNAKEWEB_TOKEN"),
        (web.url, "tökén", "status"): (Exit.USAGE, "token"),
        (web.url, token, "watch", "x"): (Exit.USAGE, "valid integer"),
        (web.url, token): (Exit.USAGE, "COMMAND"),
        (web.url, token, "status", "--token-file", "/nowhere"): (Exit.USAGE, "token file"),
    }
    for (url, secret, *words), (status, says) in failures.items():
        code, out, errors = outcome(url, secret, *words)
        assert (code, out) == (status, ""), (words, errors)
        assert says in errors, errors
        assert "Traceback" not in errors
        assert not secret or secret not in errors


def test_the_token_may_come_from_a_file(web: Web, token: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{token}\n")
    assert outcome(web.url, "", "status", "--token-file", str(path))[0] == Exit.OK


def test_help_lists_the_statuses() -> None:
    code, out, _ = outcome(NO_SERVER, "", "--help")
    assert code == Exit.OK
    assert all(f"  {status.value} " in out for status in Exit)


def test_an_export_of_the_audit_trail_verifies_without_the_server(
    web: Web, auditor: Actor, operator: Actor, tmp_path: Path
) -> None:
    given = tokens.create(actor=auditor, now=datetime.now(UTC), name="for a test", scopes=["read"]).clear
    file = tmp_path / "audit.jsonl"
    status, out, err = outcome(web.url, given, "audit", "export", str(file))
    assert (status, err) == (Exit.OK, ""), err
    assert f"bytes written to {file}" in " ".join(out.split())

    key = sealing.signer().public.hex()
    status, out, err = outcome(NO_SERVER, "", "audit", "verify", str(file), "--public-key", key)
    assert (status, err) == (Exit.OK, "")
    assert "Nothing is left out" in " ".join(out.split())

    status, out, err = outcome(web.url, given, "audit", "export", str(file))
    assert status == Exit.USAGE
    assert "is there already" in " ".join(err.split())
    other = tokens.create(actor=operator, now=datetime.now(UTC), name="for a test", scopes=["read"]).clear
    status, out, err = outcome(web.url, other, "audit", "export", str(tmp_path / "not"))
    assert status == Exit.REFUSED
    assert not (tmp_path / "not").exists()
