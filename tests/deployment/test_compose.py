"""docker-compose.yml, taken at its word: each service's own command, from the built wheel, behind a proxy with TLS."""

import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migrations_app.demo.processes import Process
from migrations_app.routing import HttpRouteSource, SessionRouter
from migrations_app.stores.sessions import open_store
from migrations_app.testing.servers import PostgresServer, RedisServer, find_postgres
from tests.deployment.documented import commands
from tests.deployment.fleet import Fleet, fleet
from tests.deployment.next_version import COLUMN, next_version
from tests.deployment.proxy import Proxy, proxy
from tests.deployment.visitors import Busy, Page, Visitor, all_the_time
from tests.parallel import wait_for
from tests.session_runs import fill

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(600)]

SECRETS = {
    "POSTGRES_PASSWORD": "of-the-database-a1b2c3",
    "SNAKEWEB_SECRET_KEYS": "deployment-" + "7f3a" * 16,
    "SNAKEWEB_ALLOWED_HOSTS": "localhost",
    "SNAKEWEB_TRUSTED_PROXIES": "127.0.0.1",
}
PASSWORDS = {name: f"{name} of the deployment 49" for name in ("admin", "operator", "approver")}
SOURCE, TARGET = "sessions-redis", "sessions-postgres"
SESSIONS = 2_000  # so many that the slowed copy lasts longer than all restarts, on a busy machine too
LONG_SECONDS = 240.0
QUICK = {"canary_soak_ms": 0, "soak_ms": 0, "legacy_watch_ms": 200, "settle_ms": 0, "pause_target_ms": 5_000}
QUICK |= {"pause_limit_ms": 10_000}


@dataclass
class Traffic:
    """A service that follows the route and writes all the time; `written` is what it was told has been kept."""

    router: SessionRouter
    written: dict[str, bytes] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def write(self, leave: threading.Event) -> None:
        number = 0
        while not leave.wait(0.02):
            number += 1
            name, value = f"s{number % SESSIONS:06}", f"written {number}".encode()
            try:
                self.router.set(name, value, ttl_ms=3_600_000)
                self.written[name] = value
            except Exception as error:  # noqa: BLE001  (counted, and the test looks at it)
                self.failed.append(repr(error))


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis"), persistent=False) as server:
        yield server


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        server.sql(f"CREATE ROLE snakeweb LOGIN PASSWORD '{SECRETS['POSTGRES_PASSWORD']}'")
        server.sql("ALTER DATABASE snakeweb OWNER TO snakeweb", "postgres")
        server.create_database("shop")
        yield server


@pytest.fixture(scope="module")
def installation(
    production_python: str, redis: RedisServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    servers = {"database:5432": f"127.0.0.1:{postgres.port}", "broker:6379": f"127.0.0.1:{redis.port}"}
    with fleet(tmp_path_factory.mktemp("snakeweb"), Path(production_python), SECRETS, servers) as made:
        made.run("setup")
        for name in ("web", "dispatcher", "beat", "worker"):
            made.start(name)
        for name in ("web", "dispatcher", "beat", "worker"):
            made.wait_ready(name)
        yield made


@pytest.fixture(scope="module")
def front(installation: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(installation.port, tmp_path_factory.mktemp("proxy")) as made:
        yield made


@pytest.fixture(scope="module")
def people(installation: Fleet, front: Proxy) -> Iterator[dict[str, Visitor]]:
    """The first admin by the command, the others by their invitations."""
    more = {"DJANGO_SUPERUSER_PASSWORD": PASSWORDS["admin"]}
    words = ("--noinput", "--username", "admin", "--email", "admin@example.org")
    installation.run("web", "django-admin", "createsuperuser", *words, **more)
    with Visitor(front) as admin, Visitor(front) as operator, Visitor(front) as approver:
        admin.sign_in("admin", PASSWORDS["admin"])
        for visitor, name in ((operator, "operator"), (approver, "approver")):
            link = admin.post("/invitations", email=f"{name}@example.org", role=name)["link"]
            visitor.accept(link, name, PASSWORDS[name])
        yield {"admin": admin, "operator": operator, "approver": approver}


def test_what_the_file_starts(installation: Fleet) -> None:
    assert set(installation.services) == {"setup", "web", "dispatcher", "beat", "worker"}
    assert {name: len(running) for name, running in installation.running.items()} == {
        "web": 1,
        "dispatcher": 2,
        "beat": 1,
        "worker": 2,
    }
    assert installation.healthy("web")
    assert all(service.waits_for == {"setup"} for name, service in installation.services.items() if name != "setup")
    installation.run("web", "django-admin", "check", "--deploy", "--fail-level", "WARNING")


@dataclass
class Shop:
    """A service with its sessions in two stores, of which the first serves, and somebody who writes all the time."""

    stores: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]]
    environment: int
    targets: Mapping[str, int]
    traffic: Traffic


@pytest.fixture(scope="module")
def shop(front: Proxy, people: dict[str, Visitor], redis: RedisServer, postgres: PostgresServer) -> Iterator[Shop]:
    admin = people["admin"]
    stores = {
        SOURCE: (redis.config(db=5, prefix="s:"), redis.secrets),
        TARGET: (postgres.config(database="shop", table="sessions"), postgres.secrets),
    }
    fill(dict(stores[SOURCE][0]), SESSIONS)
    place = admin.post("/environments", name="staging", position=1, required_approvals=1)["id"]
    targets = {
        name: admin.post("/targets", environment_id=place, name=name, config=config, secrets=secrets)["id"]
        for name, (config, secrets) in stores.items()
    }
    admin.post("/routes", name="sessions", target_id=targets[SOURCE])
    token = admin.post("/tokens", name="shop", scopes=["route"])["token"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.authority))
        source = HttpRouteSource(front.url, "sessions", token)
        configs, secrets = ({name: both[part] for name, both in stores.items()} for part in (0, 1))
        client = SessionRouter(source, configs, secrets=secrets, retry_budget_seconds=LONG_SECONDS)
        traffic = Traffic(client)
        with source, client, all_the_time(traffic.write):
            yield Shop(stores, place, targets, traffic)


@pytest.fixture(scope="module")
def run(people: dict[str, Visitor], shop: Shop) -> int:
    """It copies three sessions a second, until somebody says otherwise."""
    begun = started(people["operator"], people["approver"], shop)
    wait_for(lambda: people["operator"].get(f"/runs/{begun}")["state"] == "running", LONG_SECONDS, "the run to begin")
    people["operator"].post(f"/runs/{begun}/throttle", most_a_second=3)
    return begun


def test_everything_is_restarted_while_a_run_goes_on(
    installation: Fleet, front: Proxy, people: dict[str, Visitor], run: int, postgres: PostgresServer
) -> None:
    operator, approver = people["operator"], people["approver"]
    busy, page = Busy(operator, ("/", f"/runs/{run}/", "/api/v1/runs", "/migrations/")), Page(approver, run)

    def copied() -> int:
        return next(step["done"] or 0 for step in approver.get(f"/runs/{run}")["steps"] if step["id"] == "transfer")

    def holds_nothing(stopped: Process) -> None:
        """Told to end, a worker hands back what it drives; nobody has to wait until its lease is over."""
        query = f"SELECT count(*) FROM migrations_app_lease WHERE holder LIKE '%:{stopped.popen.pid}:%'"  # noqa: S608
        assert (stopped.popen.returncode, postgres.sql(query)) in ((0, "0"), (-signal.SIGTERM, "0")), stopped.name

    wait_for(copied, LONG_SECONDS, "the copy to begin")
    with all_the_time(busy.look, page.watch):
        page.wait_until(1)
        for name in ("web", "worker", "dispatcher", "beat"):
            for _ in installation.restart(name, holds_nothing):
                before = copied()
                wait_for(lambda before=before: copied() > before, LONG_SECONDS, f"the copy to go on without a {name}")
        operator.post(f"/runs/{run}/throttle", most_a_second=0)
        asked = second_sign_off(installation, approver, run)
        newest = approver.get(f"/runs/{run}/events", limit=1)["newest"]
        page.wait_until(newest)

    assert asked["step"] == "complete"
    assert (front.broken, busy.problems, page.refused) == ([], [], [])
    assert busy.answers > 10
    assert front.refused > 0  # those that a proxy holds back while its only web process is away
    assert page.connections >= 2
    assert page.seqs == list(range(1, page.seqs[-1] + 1))
    assert page.seqs[-1] >= newest
    assert installation.tracebacks() == {}
    each_step_once(approver, run)


def second_sign_off(installation: Fleet, visitor: Visitor, run: int) -> dict[str, Any]:
    """The question that the run waits with. When it does not come, what is known of the run is in the error."""

    def asked() -> Any:
        return visitor.get(f"/runs/{run}")["confirmation"]

    try:
        return dict(wait_for(asked, LONG_SECONDS, "the second sign-off"))
    except TimeoutError as late:
        newest = visitor.get(f"/runs/{run}/events", limit=1)["newest"]
        events = [event["text"] for event in visitor.get(f"/runs/{run}/events", after=newest - 5)["events"]]
        ended = [one.name for each in installation.running.values() for one in each if not one.running]
        state = visitor.get(f"/runs/{run}")["state"]
        raise AssertionError(f"{late}: run {run} is {state}; last: {events}; ended processes: {ended}") from late


def each_step_once(visitor: Visitor, run: int) -> None:
    events = visitor.get(f"/runs/{run}/events", limit=1_000)["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    succeeded = Counter((event["step"], event["partition"]) for event in events if event["type"] == "StepSucceeded")
    assert set(succeeded.values()) == {1}


def test_the_next_version_comes_while_the_run_is_parked(
    installation: Fleet, front: Proxy, people: dict[str, Visitor], shop: Shop, run: int, postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    """By docs/upgrades.md: its schema comes while this version serves, then each process is replaced by a new one."""
    operator = people["operator"]
    before, busy = operator.get(f"/runs/{run}"), Busy(operator, (f"/runs/{run}/", "/api/v1/runs"))
    written = postgres.sql("SELECT count(*) FROM migrations_app_migration", "snakeweb")
    lines = [line for line in commands("docs/upgrades.md", "How") if line.startswith("django-admin")]
    old = Path(installation.places["/opt/snakeweb/bin"]) / "python"
    installation.ahead = str(next_version(old, tmp_path_factory.mktemp("next")))
    with all_the_time(busy.look):
        said = installation.follow(lines)
        authored(operator, shop)  # by a process of before, into the schema of afterwards
        for name in ("web", "worker", "dispatcher", "beat"):
            for _ in installation.restart(name):
                assert operator.get(f"/runs/{run}")["state"] == "parked", "and new processes stand beside old ones"
    filled = postgres.sql(f"SELECT count(*) FROM migrations_app_migration WHERE {COLUMN} = ''", "snakeweb")  # noqa: S608

    assert before["state"] == "parked"
    assert f"Add field {COLUMN} to run" in said  # of --plan, which comes first
    assert int(filled) == int(written) + 1
    assert (front.broken, busy.problems, shop.traffic.failed) == ([], [], [])
    assert busy.answers > 10
    assert installation.tracebacks() == {}
    each_step_once(operator, run)


def test_it_is_lost_and_restored_and_the_parked_run_goes_on_to_its_end(
    installation: Fleet, people: dict[str, Visitor], shop: Shop, run: int, redis: RedisServer,
    postgres: PostgresServer, tmp_path: Path,
) -> None:  # fmt: skip
    """By docs/backup.md. What completes it is the next version, on what the one before has left."""
    operator, approver = people["operator"], people["approver"]
    programs = Path(find_postgres("pg_dump")).parent
    (Path(installation.here("/var/lib/snakeweb/artifacts")) / "kept").write_text("of a run")
    installation.follow(commands("docs/backup.md", "Backup, with PostgreSQL"), tmp_path, programs)
    installation.stop_all()
    postgres.drop_database("snakeweb")
    shutil.rmtree(installation.here("/var/lib/snakeweb"))
    redis.command("FLUSHDB")

    Path(installation.here("/var/lib/snakeweb")).mkdir()
    postgres.create_database("snakeweb")
    postgres.sql("ALTER DATABASE snakeweb OWNER TO snakeweb", "postgres")
    said = installation.follow(commands("docs/backup.md", "Restore, with PostgreSQL"), tmp_path, programs)
    for name in ("web", "dispatcher", "beat", "worker"):
        installation.start(name)
    for name in ("web", "dispatcher", "beat", "worker"):
        installation.wait_ready(name)
    wait_for(lambda: operator.get(f"/runs/{run}")["state"] == "paused", LONG_SECONDS, "the run to be held")
    operator.post(f"/runs/{run}/resume")
    asked = second_sign_off(installation, approver, run)
    approver.post(f"/runs/{run}/signoffs", step=asked["step"], digest=asked["digest"], decision="approve")
    how = ended(operator, run)
    known = dict(shop.traffic.written)

    assert installation.tracebacks() == {}
    assert "The chain is intact." in said
    assert "0 to move" in said
    assert re.search(rf"run {run} \(apply of migration \d+, \w+\): held", said)
    assert (Path(installation.here("/var/lib/snakeweb/artifacts")) / "kept").read_text() == "of a run"
    assert how == "succeeded"
    assert operator.get(f"/migrations/{operator.get(f'/runs/{run}')['migration_id']}")["status"] == "completed"
    each_step_once(operator, run)
    assert {step["state"] for step in operator.get(f"/runs/{run}")["steps"]} == {"succeeded"}
    assert shop.traffic.failed == []
    assert nothing_is_lost(shop, known)


def nothing_is_lost(shop: Shop, known: Mapping[str, bytes]) -> bool:
    """Each session is on the target, with what was written to it last or later."""
    config, secrets = shop.stores[TARGET]
    names = [f"s{number:06}" for number in range(SESSIONS)]
    with open_store(dict(config), dict(secrets), read_only=True) as store:
        found = {record.id: record.value for record in store.read(names) if record}
    older = [name for name, value in known.items() if number_of(found[name]) < number_of(value)]
    return (len(found), older) == (SESSIONS, [])


def number_of(value: bytes) -> int:
    return int(value.split()[-1]) if value.startswith(b"written") else 0


def authored(operator: Visitor, shop: Shop) -> int:
    made = operator.post(
        "/migrations",
        title="Move sessions",
        environment_id=shop.environment,
        type="session_migration",
        targets={"source": shop.targets[SOURCE], "target": shop.targets[TARGET]},
        parameters={"route": "sessions", **QUICK},
        options={"zero_downtime": True, "batch_size": 5, "parallel_workers": 2},
    )
    return int(made["id"])


def started(operator: Visitor, approver: Visitor, shop: Shop) -> int:
    """Authored, planned, tried dry, signed by somebody else, and begun."""
    migration = authored(operator, shop)
    digest = operator.post(f"/migrations/{migration}/plan")["digest"]
    dry = operator.post(f"/migrations/{migration}/validate")["run"]
    assert ended(operator, dry) == "succeeded"
    operator.post(f"/migrations/{migration}/submit", digest=digest)
    approver.post(f"/migrations/{migration}/reviews", digest=digest, decision="approve")
    return int(operator.post(f"/migrations/{migration}/execute")["run"])


def ended(visitor: Visitor, run: int) -> str:
    def state() -> str:
        found = visitor.get(f"/runs/{run}")["state"]
        return found if found in ("succeeded", "failed", "rolled_back", "cancelled", "stuck") else ""

    return wait_for(state, LONG_SECONDS, f"the end of run {run}")
