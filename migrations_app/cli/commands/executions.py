"""`snakeweb validate`, `execute` and `rollback`: what starts a run of a migration."""

from collections.abc import Mapping
from typing import Any

import click

from migrations_app.cli.client import Client
from migrations_app.cli.commands.watch import waiting, watching
from migrations_app.cli.connection import chained, quietly, speaks
from migrations_app.cli.exits import Exit
from migrations_app.cli.following import follow, is_good
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain

_starts = chained(
    click.argument("migration", type=int),
    watching,
    waiting,
    quietly,
    click.option("--key", default="", help="Idempotency-Key: the same one starts nothing twice within 24 hours"),
)
_digest = click.option("--digest", default="", help="of the plan that is meant; with another one newest nothing starts")


@click.command("validate")
@speaks
@_starts
@_digest
@click.option("--rehearsal", is_flag=True, help="really do the steps beside the target, and remove it all again")
@click.option("--consent", is_flag=True, help="agree to a rehearsal in a protected environment")
def validate(client: Client, out: Out, migration: int, digest: str, rehearsal: bool, consent: bool, **how: Any) -> Exit:
    """Start a dry run of the newest plan, which writes nothing, or a rehearsal of it."""
    body: dict[str, Any] = {"kind": "dry_run"}
    if rehearsal:
        body = {"kind": "rehearsal", "digest": digest, "consent": consent}
    return _start(client, out, f"/migrations/{migration}/validate", body, **how)


@click.command("execute")
@speaks
@_starts
@_digest
def execute(client: Client, out: Out, migration: int, digest: str, **how: Any) -> Exit:
    """Start the approved plan. A refusal names every condition that does not hold."""
    return _start(client, out, f"/migrations/{migration}/execute", {"digest": digest}, **how)


@click.command("rollback")
@speaks
@_starts
def rollback(client: Client, out: Out, migration: int, **how: Any) -> Exit:
    """Undo a migration. A live run turns round and keeps its id; after its end a new run undoes it.

    With --watch the status is 0 when it is rolled back.
    """
    return _start(client, out, f"/migrations/{migration}/rollback", {}, **how)


def _start(
    client: Client, out: Out, path: str, body: Mapping[str, Any], *, watch: bool, key: str, **waits: Any
) -> Exit:
    started = client.post(path, body, key=key)
    if out.quiet:
        out.raw(str(started["run"]))
    elif out.as_json and not watch:
        out.json(started)
    elif not out.as_json:
        out.say(f"run {started['run']} started: {plain(started['url'])}")
    if not watch:
        return Exit.OK
    return follow(client, out, started["run"], good=_undone if path.endswith("/rollback") else is_good, **waits)


def _undone(state: Mapping[str, Any]) -> bool:
    """Of a run that turned round, being rolled back is what was wanted."""
    return bool(state["state"] == "rolled_back")


COMMANDS = (validate, execute, rollback)
