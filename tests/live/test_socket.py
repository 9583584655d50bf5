"""The socket of a real daphne process over a real redis-server, and who is let in."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import AuditEntry, Person, RoleGrant, Run
from migrations_app.runtime import journal
from migrations_app.services import sessions, tokens
from migrations_app.testing.servers import RedisServer
from tests.cast import NOW, actor_of
from tests.doorbell import rings_over
from tests.parallel import wait_for
from tests.runs import a_run
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

PATIENCE = 30.0


@pytest.fixture(scope="module")
def process(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, django_db_setup: None
) -> Iterator[Web]:
    """One for the module; whoever kills it starts it again."""
    directory = tmp_path_factory.mktemp("web")
    with web_process(directory, redis_server.url, "tests.live.watched_asgi:application") as web:
        yield web


@pytest.fixture
def web(process: Web, redis_server: RedisServer, people: dict[str, Person]) -> Iterator[Web]:
    with rings_over(redis_server):
        yield process


def happen(run: Run, count: int = 1) -> None:
    """Append to the journal, which rings the doorbell once it is committed."""
    events = [NewEvent(EventType.LOGGED, payload={"level": "info", "message": f"batch {n}"}) for n in range(count)]
    journal.append_by_person(run, events, now=timezone.now())


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return str(client.cookies["sessionid"].value)


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seqs: list[int] = []

    def say(self, **order: Any) -> None:
        self.connection.send(json.dumps(order))

    def hear(self, kind: str = "", seconds: float = PATIENCE) -> dict[str, Any]:
        """The next message (of that kind), keeping the sequence numbers of all."""
        while True:
            message: dict[str, Any] = json.loads(self.connection.recv(timeout=seconds))
            self.seqs += [event["seq"] for event in message.get("events", ())]
            if not kind or message["kind"] == kind:
                return message

    def hear_until(self, seq: int) -> None:
        while not self.seqs or self.seqs[-1] < seq:
            self.hear()


@contextmanager
def socket(web: Web, person: Person | None, *, origin: str | None = "") -> Iterator[Socket]:
    headers = {"Cookie": f"sessionid={session_of(person)}"} if person else {}
    where = f"ws://127.0.0.1:{web.port}/ws/live/"
    origin = web.url if origin == "" else origin
    with connect(where, origin=origin, additional_headers=headers, proxy=None) as connection:  # type: ignore[arg-type]
        yield Socket(connection)


def test_events_come_in_sequence_with_what_the_page_shows(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=0)
        first = watcher.hear("events")
        assert (first["run"], first["from"]) == (run.pk, 1)
        assert set(first["events"][0]) == {"seq", "at", "type", "step", "partition", "level", "text", "html"}
        assert first["events"][0]["html"].startswith('<li id="e1" data-seq="1" class="is-info">')
        fragments = watcher.hear("events")["fragments"]
        assert {"run-header", "run-progress", "run-steps"} <= fragments.keys()
        assert all(f'id="{name}"' in html for name, html in fragments.items())

        happen(run, 3)
        run.refresh_from_db()
        watcher.hear_until(run.last_seq)
        assert watcher.seqs == list(range(1, run.last_seq + 1))


def test_a_gap_is_filled_from_where_the_page_stands(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    happen(run, 1_200)
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=100)
        run.refresh_from_db()
        watcher.hear_until(run.last_seq)
        assert watcher.seqs == list(range(101, run.last_seq + 1))


def test_whoever_comes_back_late_asks_for_the_newest_lines_only(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    happen(run, 900)
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=1, most=200)
        run.refresh_from_db()
        watcher.hear_until(run.last_seq)
        assert watcher.seqs == list(range(run.last_seq - 199, run.last_seq + 1))


def test_a_hostile_line_stays_text_and_keeps_its_colours(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    hostile = "\x1b[31m</li><script>alert(1)</script>\x1b]8;;javascript:alert(1)\x07"
    journal.append_by_person(run, [NewEvent(EventType.LOGGED, payload={"message": hostile})] * 2, now=timezone.now())
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=1)
        lines = [event["html"] for event in watcher.hear("events")["events"]]
    assert len(lines) == 2
    for html in lines:
        assert '<span class="sgr-red">&lt;/li&gt;&lt;script&gt;alert(1)&lt;/script&gt;</span>' in html
        assert "javascript" not in html


def test_a_web_process_that_is_killed_and_started_again_loses_no_event(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    happen(run, 5)
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=0)
        run.refresh_from_db()
        watcher.hear_until(run.last_seq)
        seen = watcher.seqs
        web.kill()
        with pytest.raises(ConnectionClosed):
            watcher.hear("never")
    happen(run, 7)

    web.start()
    happen(run, 2)
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=seen[-1])
        run.refresh_from_db()
        watcher.hear_until(run.last_seq)
        assert seen + watcher.seqs == list(range(1, run.last_seq + 1))


@pytest.mark.parametrize("origin", ["https://evil.example", None, "null"])
def test_another_origin_is_refused(web: Web, people: dict[str, Person], origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(web, people["viewer"], origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_somebody_who_is_not_signed_in_is_refused(web: Web) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(web, None):
        pass
    assert refused.value.response.status_code == 403


def test_another_address_is_refused_quietly(web: Web, people: dict[str, Person]) -> None:
    headers = {"Cookie": f"sessionid={session_of(people['viewer'])}"}
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{web.port}/ws/other/", origin=web.url, additional_headers=headers, proxy=None),  # type: ignore[arg-type]
    ):
        pass
    assert "Traceback" not in web.log


@pytest.mark.parametrize("exists", [True, False])
def test_somebody_without_a_role_is_told_the_same_whether_or_not_there_is_a_run(
    web: Web, people: dict[str, Person], exists: bool
) -> None:
    run_id = a_run().pk if exists else 999_999
    with socket(web, people["outsider"]) as watcher:
        watcher.say(op="subscribe", run=run_id, after=0)
        closed = watcher.hear()
        assert (closed["kind"], closed["code"], closed["run"]) == ("closed", "not_found", run_id)
        assert (
            closed["text"]
            == f"There is no run {run_id} that you may watch. Ask an admin for a role in its environment."
        )
        with pytest.raises(ConnectionClosed) as ended:
            watcher.hear()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4403


def test_each_refused_subscription_is_one_entry_and_what_is_not_there_is_none(
    web: Web, people: dict[str, Person]
) -> None:
    run = a_run()
    for _ in range(2):
        for run_id in (run.pk, 999_999):
            with socket(web, people["outsider"]) as watcher:
                watcher.say(op="subscribe", run=run_id, after=0)
                assert watcher.hear()["code"] == "not_found"
    for _ in range(3):  # a stranger's, and another site's: one in a while each
        for person, origin in ((None, ""), (people["viewer"], "https://evil.example")):
            with pytest.raises(InvalidStatus), socket(web, person, origin=origin):
                pass
    with pytest.raises(InvalidStatus), connect_with_token_in_address(web):
        pass

    denied = AuditEntry.objects.filter(outcome="denied").order_by("seq")
    assert [(entry.actor, entry.action, entry.object_id) for entry in denied] == [
        ("outsider", "live.watch", str(run.pk)),  # the second time is counted, for a minute
        ("anonymous", "live.watch", "socket"),
        ("anonymous", "live.watch", "socket"),
    ]


def connect_with_token_in_address(web: Web) -> ClientConnection:
    made = tokens.create(actor=actor_of(Person.objects.get(username="viewer"), NOW), now=NOW, name="x", scopes=["read"])
    where = f"ws://127.0.0.1:{web.port}/ws/live/?token={made.clear}&access_token={made.clear}"
    return connect(where, origin=web.url, proxy=None)  # type: ignore[arg-type]


def lose_role(person: Person) -> None:
    RoleGrant.objects.filter(group__in=person.groups.all()).delete()


def sign_out(person: Person) -> None:
    Session.objects.all().delete()


def be_signed_out_by_an_admin(person: Person) -> None:
    """What the middleware notes at a session's first request is here by hand: the socket is its first."""
    row = UserSession.objects.create(user=person, ip="192.0.2.1", session_key=Session.objects.get().session_key)
    admin = actor_of(Person.objects.get(username="admin"), timezone.now())
    sessions.revoke(actor=admin, now=timezone.now(), session_id=row.pk)


def deactivate(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(is_active=False)


def change_password(person: Person) -> None:
    person.set_password("another password entirely")
    person.save()


@pytest.mark.parametrize(
    ("lose", "code", "number"),
    [
        (lose_role, "not_found", 4403),
        (sign_out, "sign_in_required", 4401),
        (be_signed_out_by_an_admin, "sign_in_required", 4401),
        (deactivate, "sign_in_required", 4401),
        (change_password, "sign_in_required", 4401),
    ],
)
def test_whoever_may_no_longer_watch_is_closed_at_the_next_check(
    web: Web, people: dict[str, Person], lose: Callable[[Person], None], code: str, number: int
) -> None:
    run = a_run()
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=0)
        watcher.hear("events")
        lose(people["viewer"])
        assert watcher.hear("closed")["code"] == code
        with pytest.raises(ConnectionClosed) as ended:
            watcher.hear()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == number


def test_nonsense_is_answered_and_the_socket_stays(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    with socket(web, people["viewer"]) as watcher:
        for nonsense in ("", "{", "[]", '{"op": "drop"}', "x" * 5_000):
            watcher.connection.send(nonsense)
            assert watcher.hear()["kind"] == "refused"
        watcher.connection.send(b"\x00\x01")
        assert watcher.hear()["kind"] == "refused"
        watcher.say(op="subscribe", run=run.pk, after=0)
        assert watcher.hear()["kind"] == "events"


def test_whoever_unsubscribes_hears_no_more(web: Web, people: dict[str, Person]) -> None:
    left, stays = a_run(), a_run("other")
    with socket(web, people["viewer"]) as watcher:
        for run in (left, stays):
            watcher.say(op="subscribe", run=run.pk, after=run.last_seq)
            watcher.hear("heartbeat")
        watcher.say(op="unsubscribe", run=left.pk)
        happen(left)
        happen(stays)
        assert watcher.hear("events")["run"] == stays.pk


def test_a_silent_socket_stays_open_for_twenty_seconds(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    with socket(web, people["viewer"]) as watcher:
        watcher.say(op="subscribe", run=run.pk, after=run.last_seq)
        assert watcher.hear()["seq"] == run.last_seq
        begun, heartbeats = time.monotonic(), 0
        while time.monotonic() - begun < 20:
            assert watcher.hear(seconds=12)["kind"] == "heartbeat"
            heartbeats += 1
        assert heartbeats >= 2

        happen(run)
        begun = time.monotonic()
        watcher.hear("events")
        assert time.monotonic() - begun < 8  # the doorbell still rings; the next heartbeat would come later


def test_without_redis_watchers_are_still_served(
    tmp_path: Path, disposable_redis: RedisServer, people: dict[str, Person]
) -> None:
    run = a_run()
    with web_process(tmp_path / "web", disposable_redis.url, "tests.live.watched_asgi:application") as web:
        disposable_redis.stop()
        with socket(web, people["viewer"]) as watcher:
            watcher.say(op="subscribe", run=run.pk, after=0)
            watcher.hear("events")
            happen(run)
            run.refresh_from_db()
            wait_for(lambda: watcher.hear(seconds=15) and watcher.seqs[-1] == run.last_seq)
