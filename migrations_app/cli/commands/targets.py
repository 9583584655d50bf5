"""`snakeweb targets`: the live things that migrations are about, and making them from a file."""

from pathlib import Path
from typing import Any

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import speaks
from migrations_app.cli.documents import all_of
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.target_documents import TargetDocument, read
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import line, plain


@click.group("targets")
def targets() -> None:
    """List, look at, test and make targets."""


@targets.command("list")
@speaks
@click.option("--environment", default="", metavar="NAME")
@click.option("--kind", default="", help="as session_store")
def list_(client: Client, out: Out, environment: str, kind: str) -> Exit:
    """What there is, and how it was when it was last looked at."""
    rows = list(client.everything("/targets", environment=environment, kind=kind))
    if out.as_json:
        out.json(rows)
        return Exit.OK
    columns = ("id", "name", "environment", "kind", "address", "health")
    out.table(columns, [[row[column] for column in columns] for row in rows])
    return Exit.OK


@targets.command("show")
@speaks
@click.argument("target")
@click.option("--environment", default="", metavar="NAME", help="where it is, if the name is there more than once")
def show(client: Client, out: Out, target: str, environment: str) -> Exit:
    """One target, by id or by name. Its secrets are named and never shown."""
    return _shown(out, client.get(f"/targets/{_id(client, target, environment)}"))


@targets.command("test")
@speaks
@click.argument("target")
@click.option("--environment", default="", metavar="NAME", help="where it is, if the name is there more than once")
def test(client: Client, out: Out, target: str, environment: str) -> Exit:
    """Look at a target now. Exit status 1 when it does not answer as it should."""
    found = client.post(f"/targets/{_id(client, target, environment)}/test")
    _shown(out, found)
    return Exit.OK if found["health"] == "ok" else Exit.FAILED


@targets.command("apply")
@speaks
@click.argument("file", type=click.Path(path_type=Path))
def apply(client: Client, out: Out, file: Path) -> Exit:
    """Make the targets of a YAML file, or change those that are there to what it says.

    \b
    apiVersion: snakeweb/v1
    kind: Target
    metadata: {name: sessions-redis, environment: staging}
    spec:
      kind: session_store
      config: {store: redis, url: redis://cache:6379/0}
      secrets: {password: {env: REDIS_PASSWORD}}         # or {file: /run/secrets/redis}

    Several documents in one file are several targets. What is a secret never stands in the file.
    """
    wanted = [read(document) for document in all_of(file)]
    if not wanted:
        raise CommandFailed(Exit.INVALID, f"{file} holds no document; nothing was changed.")
    places = {row["name"]: row["id"] for row in client.everything("/environments")}
    missing = sorted({each.environment for each in wanted} - places.keys())
    if missing:
        known = ", ".join(sorted(places)) or "none"
        raise CommandFailed(
            Exit.REFUSED, f"You see no environment “{line(missing[0])}” (there: {known}); nothing was changed."
        )
    done = [(each, *_applied(client, each, places[each.environment])) for each in wanted]
    if out.as_json:
        out.json([{"id": target_id, "name": each.name, "outcome": outcome} for each, target_id, outcome in done])
        return Exit.OK
    for each, target_id, outcome in done:
        out.say(f"target {target_id}, {plain(each.name)} in {plain(each.environment)}: {outcome}")
    return Exit.OK


def _applied(client: Client, wanted: TargetDocument, environment_id: int) -> tuple[int, str]:
    """Id and outcome: made, changed or unchanged. What a secret is cannot be compared, so one that is named is sent."""
    found = next(
        (row for row in client.everything("/targets", environment=wanted.environment) if row["name"] == wanted.name),
        None,
    )
    if found is None:
        body = {"environment_id": environment_id, "name": wanted.name, "kind": wanted.kind, "config": wanted.config}
        return int(client.post("/targets", {**body, "secrets": wanted.secrets})["id"]), "made"
    if found["kind"] != wanted.kind:
        raise CommandFailed(
            Exit.INVALID,
            f"{line(wanted.name)} is a {found['kind']} and stays one. Choose another name for a {line(wanted.kind)}.",
        )
    now = client.get(f"/targets/{found['id']}")
    if all(now["config"].get(key) == value for key, value in wanted.config.items()) and not wanted.secrets:
        return int(found["id"]), "unchanged"
    change: dict[str, Any] = {"version": now["version"], "config": {**now["config"], **wanted.config}}
    client.patch(f"/targets/{found['id']}", change | ({"secrets": wanted.secrets} if wanted.secrets else {}))
    return int(found["id"]), "changed"


def _id(client: Client, target: str, environment: str) -> int:
    if target.isdigit():
        return int(target)
    found = [row for row in client.everything("/targets", environment=environment) if row["name"] == target]
    if len(found) == 1:
        return int(found[0]["id"])
    if found:
        where = ", ".join(sorted(row["environment"] for row in found))
        raise CommandFailed(Exit.USAGE, f"“{line(target)}” is in {where}. Say which by --environment.")
    raise CommandFailed(
        Exit.REFUSED, f"You see no target “{line(target)}”. `snakeweb targets list` shows those there are."
    )


def _shown(out: Out, found: dict[str, Any]) -> Exit:
    out.json(found) if out.as_json else out.fields(found)
    return Exit.OK


COMMANDS = (targets,)
