"""Credentials, planted in every field that takes one, appear nowhere that something is written, whatever goes wrong."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import LazySettings
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import AuditPlace, Environment, Migration, Person, Run, Target
from migrations_app.runtime import secrets as vault
from migrations_app.runtime.log_redaction import RedactingFormatter, remember_configured
from migrations_app.services import migrations, planning, sealing
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from migrations_app.web.error_reports import RedactingReporter
from tests import stores_on_disk
from tests.api.door import Door, browser, program
from tests.cast import Cast
from tests.custom_types import Press, SealedStamp, let_in
from tests.planted import database, dump, files, leaks, planted
from tests.runs import queued
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import Stage, newest

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = {"host": "127.0.0.1", "port": 1}
KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "redis": ("session_store", {"store": "redis", **NOBODY, "username": "u", "readonly_username": "r"}),
    "postgres": ("session_store", {"store": "postgres", **NOBODY, "database": "d", "username": "u"}),
    "node": ("session_store", {"store": "beam", "node": "snakepit@127.0.0.1", "epmd_port": 1}),
    "database": (
        "database",
        {"engine": "postgres", **NOBODY, "database": "d", "username": "u", "readonly_username": "r"},
    ),
    "mariadb": (
        "database",
        {"engine": "sqlalchemy", "driver": "mysql+pymysql", **NOBODY, "database": "d", "username": "u"},
    ),
    "pool": ("worker_pool", {"driver": "http", "url": "http://127.0.0.1:1"}),
}


class Leak(Press):
    """The action of a careless third party: it logs what it was given, and fails with it in its message."""

    def do(self, ctx: ActionContext) -> NoReturn:
        secret = ctx.targets["target"].secrets["password"]
        ctx.log.info(f"connecting to redis://u:{secret}@host/0")
        ctx.progress.save({"dsn": f"host=h password={secret}"}, done=1, total=2, unit="stamps")
        named = ctx.secrets["seal"]
        ctx.log.warning(f"sealing with {named}, {ctx!r}")
        raise ConnectionError(f"could not connect: password '{secret}' was refused by {secret!r}, {named!r} too")


class LeakyStamp(SealedStamp):
    def actions(self) -> dict[str, Any]:
        return {name: Leak() if isinstance(action, Press) else action for name, action in super().actions().items()}


def breaks(request: HttpRequest) -> NoReturn:
    target = Target.objects.get(name="redis")
    opened = vault.reveal_all(target.pk)
    raise ConnectionError(f"refused: {opened} redis://u:{opened['password']}@h/0")


urlpatterns = [path("breaks/", breaks), path("", include("snakeweb.urls"))]
handler500 = "migrations_app.web.errors.server_error"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a process of ours writes, everything down to debug messages."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(RedactingFormatter("{levelname} {name}: {message}", style="{"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield said
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def stage(cast: Cast, dev: Environment, tmp_path: Path, now: datetime, settings: LazySettings) -> Stage:
    settings.SNAKEWEB_MIGRATION = {"dry_run_required": False}
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.ROOT_URLCONF = __name__
    return stores_on_disk.stage(cast, dev, tmp_path / "stores", now)


def unreachable_targets(door: Door, environment: Environment) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Targets of every kind that nobody answers for, looked at: what is hidden in them, and what was answered."""
    secret: dict[str, str] = {}
    answers: list[tuple[str, bytes]] = []
    for name, (kind, config) in KINDS.items():
        given = {"password": planted(f"{name}-pw")}
        if "readonly_username" in config:
            given["readonly_password"] = planted(f"{name}-ro")
        if name == "pool":
            given["gateway_token"] = planted(f"{name}-token")
        secret |= {f"{name} {field}": value for field, value in given.items()}
        body = {"environment_id": environment.pk, "name": name, "kind": kind, "config": config, "secrets": given}
        made = door.post("/targets", body)
        assert made.status == 201, made.content
        looked = door.post(f"/targets/{made.body['id']}/test")
        assert looked.status == 200, looked.content
        answers += [(f"answer of {name}", made.content), (f"test of {name}", looked.content)]
    refused = {"password": planted("refused"), "other": "x"}
    wrong = door.post("/targets", {**body, "name": "bad name!", "secrets": refused})
    assert wrong.status == 422
    return secret | {"refused": planted("refused")}, [*answers, ("a refusal", wrong.content)]


def outgoing(door: Door, environment: Environment) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """A webhook that nobody answers for, and what was answered about it. Its signing secret is shown once."""
    secret = {"webhook's address": planted("hook-pw"), "webhook's query": planted("hook-query")}
    given = {name: quote(value, safe="") for name, value in secret.items()}
    address = "https://u:{webhook's address}@127.0.0.1:1/h?key={webhook's query}".format_map(given)
    made = door.post("/webhooks", {"name": "h", "address": address, "kinds": ["run.failed"], **of(environment)})
    assert made.status == 201, made.content
    one = f"/webhooks/{made.body['id']}"
    rotated = door.post(f"{one}/rotate")
    secret |= {"webhook's secret": rotated.body["secret"], "webhook's earlier secret": made.body["secret"]}
    asked = [door.post(f"{one}/test"), door.get(one), door.get("/webhooks"), door.get(f"{one}/deliveries")]
    return secret, [("a webhook", answer.content) for answer in asked]


def of(environment: Environment) -> dict[str, int]:
    return {"environment_id": environment.pk}


def places_of_checkpoints(settings: LazySettings, directory: Path) -> dict[str, str]:
    """A git work tree whose remote has a password in its address, and a receiver: both unreachable, both asked."""
    secret = {"git remote": planted("git-pw"), "receiver": planted("receiver-pw"), "receiver's query": planted("query")}
    given = {name: quote(value, safe="") for name, value in secret.items()}
    for words in (
        ["init", "--quiet", "."],
        ["config", "user.name", "Evidence"],
        ["config", "user.email", "evidence@example.org"],
        ["remote", "add", "far", f"http://u:{given['git remote']}@127.0.0.1:1/far.git"],
    ):
        subprocess.run(["git", "-C", str(directory), *words], check=True)
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = (
        f"git+file://{directory}?push=far",
        "https://u:{receiver}@127.0.0.1:1/audit?key={receiver's query}".format_map(given),
    )
    remember_configured(settings)
    sealed = sealing.seal_audit(now=timezone.now() + timedelta(hours=1))
    assert sealed.made > 0
    problems = list(AuditPlace.objects.order_by("pk").values_list("problem", flat=True))
    assert len([problem for problem in problems if problem]) == 2, problems
    return secret


def stored(door: Door, environment: Environment) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """A stored secret that a plan names, replaced once, and one that was typed where its name belongs."""
    secret = {"stored": planted("stored"), "first value": planted("first"), "typed as a name": planted("as-a-name")}
    made = door.post("/secrets", {**of(environment), "name": "wax", "secret": secret["first value"]})
    one = f"/secrets/{made.body['id']}"
    wrong = door.post("/secrets", {**of(environment), "name": secret["typed as a name"], "secret": secret["stored"]})
    assert wrong.status == 422
    asked = [made, wrong, door.post(f"{one}/replace", {"version": 1, "secret": secret["stored"]}), door.get("/secrets")]
    return secret, [("a stored secret", answer.content) for answer in asked]


def failing_run(stage: Stage, clear: str) -> Run:
    vault.store(target_id=stage.source_id, name="password", clear=clear, at=stage.now)
    draft = MigrationDraft(
        title="Stamp it",
        environment_id=stage.environment.pk,
        type="custom_migration",
        handler="sealed_stamp",
        targets={"target": stage.source_id},
        parameters={"text": "seen", "seal": "wax"},
        options={"max_retries": 0},
    )
    made = migrations.create(actor=stage.operator, now=stage.now, draft=draft)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=made)
    run = queued(newest(Migration.objects.get(pk=made)))
    with let_in(LeakyStamp):
        drive_to_end(run)
    run.refresh_from_db()
    return run


def factors(person: Person) -> dict[str, str]:
    """A TOTP secret and what recovery codes are made of, as the pages set them up."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    RecoveryCodes.activate(person)
    seed = vault.unseal_factor(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).data["seed"])
    return {"TOTP": secret, "seed of recovery codes": seed}


def pages(person: Client, run: Run, targets: list[int]) -> list[tuple[str, bytes]]:
    found = [
        "/",
        f"/runs/{run.pk}/",
        f"/runs/{run.pk}/report/",
        f"/migrations/{run.migration_id}/",
        "/targets/",
        "/runs/",
    ]
    return [(page, person.get(page).content) for page in [*found, *(f"/targets/{each}/" for each in targets)]]


def traceback_of(secret: str) -> str:
    try:
        raise ConnectionError(f"redis://u:{secret}@h")
    except ConnectionError:
        return str(RedactingReporter(None, *sys.exc_info()).get_traceback_text())


def test_planted_secrets_appear_nowhere(
    stage: Stage,
    log: io.StringIO,
    admin: Actor,
    auditor: Actor,
    people: dict[str, Person],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    settings: LazySettings,
    capfd: Any,
) -> None:
    program_of_admin, reader = program(admin), browser(auditor)
    with let_in(SealedStamp):
        secret, written = unreachable_targets(program_of_admin, stage.environment)
        for plant in (stored, outgoing):
            more, answers = plant(program_of_admin, stage.environment)
            secret |= more
            written += answers
        secret["of a run"] = planted("run-pw")
        run = failing_run(stage, secret["of a run"])
        assert run.state in (RunState.ROLLED_BACK, RunState.FAILED)

        secret |= factors(people["viewer"])
        token = program_of_admin.headers["Authorization"].removeprefix("Bearer ")
        secret["token"] = token
        made = reader.post("/tokens", {"name": "t", "scopes": ["read"]}, Idempotency_Key="once")
        secret["token of the API"] = made.body["token"]
        again = reader.post("/tokens", {"name": "t", "scopes": ["read"]}, Idempotency_Key="once")
        written.append(("a repeated request", again.content))

        secret |= places_of_checkpoints(settings, tmp_path_factory.mktemp("evidence"))
        broken = Client(raise_request_exception=False).get("/breaks/")
        assert broken.status_code == 500
        written.append(("the page of an error", broken.content))
        written.append(("a traceback", traceback_of(secret["of a run"]).encode()))

        exports = [f"/audit/export?format={form}" for form in ("jsonl", "csv", "cef", "ocsf")]
        events = [
            f"/runs/{run.pk}/events",
            f"/runs/{run.pk}/report",
            f"/runs/{run.pk}",
            f"/migrations/{run.migration_id}",
        ]
        for address in ["/audit", *exports, *events, f"/migrations/{run.migration_id}/export"]:
            answer = reader.get(address)
            assert answer.status == 200, (address, answer.content)
            written.append((address, answer.content))
        written += pages(reader.client, run, list(Target.objects.values_list("pk", flat=True)))

    printed = capfd.readouterr()
    written += [("the log", log.getvalue().encode()), ("printed", (printed.out + printed.err).encode())]
    assert "ConnectionError" in log.getvalue()
    whole = [*written, *database(), *files(tmp_path)]
    long_enough = {name: value for name, value in secret.items() if len(value) >= 16}
    assert len(whole) > 500
    assert leaks(long_enough, [*whole, *dump()]) == []
    session = reader.client.cookies["sessionid"].value
    kept = {leak.rpartition(": ")[2] for leak in leaks({"session": session}, whole)}
    assert kept <= {"django_session.session_key", "usersessions_usersession.session_key"}


def test_the_search_finds_what_is_there() -> None:
    secret = planted("x")
    assert leaks({"x": secret}, [("here", f"password={secret}".encode())])
    assert not leaks({"x": secret}, [("here", b"nothing")])
