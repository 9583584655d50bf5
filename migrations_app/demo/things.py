"""The targets of the demo: the example deployment's two stores, and small SQLite stores for everything else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from migrations_app.demo import deployment as example
from migrations_app.demo.cast import Cast
from migrations_app.demo.deployment import Deployment
from migrations_app.demo.people import ADMIN, DEV, OPERATOR, PRODUCTION, STAGING, Place
from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase, TargetKind
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.routes import OrmRoutes
from migrations_app.services import freezes, targets, tokens, windows
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import Codec, SessionRecord

HOUR_MS = 3_600_000
ZONE = "Europe/Berlin"
FILLER = WorkerToken("demo", 1)


@dataclass(frozen=True, slots=True)
class Service:
    """A small service with `sessions` sessions in one SQLite file, and an empty file that they could move to."""

    name: str
    place: Place
    sessions: int
    broken: int = 0  # how many of the sessions are not the JSON that the target's configuration promises


PLAYGROUND = "playground"  # nothing is planned for it: it waits for somebody's first migration

SERVICES = (
    Service("intranet", DEV, 300),
    Service(PLAYGROUND, DEV, 250),
    Service("wiki", DEV, 1200),
    Service("tickets", DEV, 900),
    Service("reports", DEV, 700),
    Service("crm", DEV, 2000, broken=1),
    Service("contacts", DEV, 300),
    Service("appointments", DEV, 300),
    Service("chat", DEV, 300),
    Service("shop", STAGING, 1500),
    Service("billing", STAGING, 800),
    Service("search", STAGING, 600),
    Service("mail", STAGING, 400),
    Service("forum-staging", STAGING, 500),
    Service("portal", PRODUCTION, 1000),
    Service("forum-production", PRODUCTION, 900),
)


def pair(name: str) -> tuple[str, str]:
    return f"{name}-sessions", f"{name}-sessions-next"


def saturday_night(now: datetime) -> datetime:
    """Two in the morning of the next Saturday, as the clocks of `ZONE` say it."""
    here = now.astimezone(ZoneInfo(ZONE))
    ahead = here.date() + timedelta(days=(5 - here.weekday()) % 7)
    return datetime.combine(ahead if ahead > here.date() else ahead + timedelta(days=7), time(2))


def add_calendar(cast: Cast, now: datetime) -> None:
    """Two windows in staging, one of them open now whenever this is, and a freeze of production that lies ahead."""
    for name, first, minutes, rule in (
        ("Saturday night", saturday_night(now), 180, "FREQ=WEEKLY;BYDAY=SA"),
        ("Rehearsals", _lately(now), 600, "FREQ=DAILY"),
    ):
        windows.create(
            actor=cast.actor(ADMIN),
            now=now,
            environment_id=cast.places[STAGING.name],
            name=name,
            zone=ZONE,
            first=first,
            minutes=minutes,
            recurrence=rule,
        )
    freezes.create(
        actor=cast.actor(ADMIN),
        now=now,
        reason="Nothing changes while the auditors are here",
        begins_at=now + timedelta(days=5),
        ends_at=now + timedelta(days=8),
        environment_id=cast.places[PRODUCTION.name],
    )


def _lately(now: datetime) -> datetime:
    """The last full hour but one."""
    return (now - timedelta(hours=1)).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None, minute=0, second=0, microsecond=0)


def add_services(cast: Cast, now: datetime, folder: Path) -> dict[str, int]:
    """Target ids by name. The files are made in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, int] = {}
    for service in SERVICES:
        for name in pair(service.name):
            config = {"store": "sqlite", "path": str(folder / f"{name}.sqlite3"), "codec": str(Codec.JSON)}
            if name == pair(service.name)[0]:
                _fill(config, service, now)
            made[name] = targets.create(
                actor=cast.actor(ADMIN),
                now=now,
                environment_id=cast.places[service.place.name],
                name=name,
                kind=TargetKind.SESSION_STORE,
                config=config,
            )
    for name in pair(PLAYGROUND):
        targets.test(actor=cast.actor(OPERATOR), now=now, target_id=made[name])
    return made


def add_deployment(cast: Cast, now: datetime, deployment: Deployment) -> str:
    """The production targets, the route that the deployment follows, and (returned) its token."""
    place = cast.places[PRODUCTION.name]
    for name in (example.SOURCE, example.TARGET):
        store = deployment.stores[name]
        targets.create(
            actor=cast.actor(ADMIN),
            now=now,
            environment_id=place,
            name=name,
            kind=TargetKind.SESSION_STORE,
            config=store.config,
            secrets=store.secrets,
        )
    stores = {"a": example.SOURCE, "b": example.TARGET}
    OrmRoutes(environment_id=place, clock=SystemClock()).publish(
        RouteRecord(example.ROUTE, 1, RoutePhase.PLAIN_A, "a", stores), expected_epoch=None
    )
    token = tokens.create(actor=cast.actor(OPERATOR), now=now, name="example deployment", scopes=["route"])
    return token.clear


def _fill(config: dict[str, str], service: Service, now: datetime) -> None:
    with open_store(config, {}) as store:
        store.initialise(FILLER)
        store.apply(_sessions(service, now), FILLER)


def _sessions(service: Service, now: datetime) -> Sequence[SessionRecord]:
    now_ms = int(now.timestamp() * 1000)
    good = service.sessions - service.broken  # the bad ones come last, where no sample finds them
    return [
        SessionRecord(
            id=f"{service.name}-{number:05d}",
            value=b'{"user": %d, "theme": "dark"}' % number if number < good else b"not JSON",
            codec=Codec.JSON,
            created_at_ms=now_ms - HOUR_MS,
            ttl_ms=24 * HOUR_MS,
            expires_at_ms=now_ms + 24 * HOUR_MS,
        )
        for number in range(service.sessions)
    ]
