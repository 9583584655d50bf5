"""`snakeweb status`: what runs and what needs a person, or one migration in detail."""

from collections.abc import Mapping
from typing import Any

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import duration, line, plain

SHOWN = 20
_RUN = ("run", "migration", "environment", "kind", "state", "done", "step", "for")
_MIGRATION = ("migration", "title", "environment", "status", "review", "risk")


@click.command("status")
@speaks
@click.argument("migration", type=int, required=False)
@click.option("--field", default="", metavar="NAME", help="print this value alone, as status or metadata.digest")
def status(client: Client, out: Out, migration: int | None, field: str) -> Exit:
    """What runs now and the newest migrations, or the status of one migration."""
    if migration is None:
        if field:
            raise CommandFailed(Exit.USAGE, "--field is of one migration: name it.")
        return _overview(client, out)
    found = client.get(f"/migrations/{migration}/status")
    if field:
        out.raw(line(_of(found, field)))
    elif out.as_json:
        out.json(found)
    else:
        out.fields(found)
    return Exit.OK


def _of(found: Mapping[str, Any], field: str) -> Any:
    value: Any = found
    for name in field.split("."):
        if not isinstance(value, dict) or name not in value:
            known = ", ".join(value) if isinstance(value, dict) else "no fields"
            raise CommandFailed(Exit.USAGE, f"There is no “{name}” of “{field}” (there: {known}).")
        value = value[name]
    return value


def _overview(client: Client, out: Out) -> Exit:
    live = client.get("/runs", live="true", limit=SHOWN)
    recent = client.get("/migrations", limit=SHOWN)
    if out.as_json:
        out.json({"live_runs": live["items"], "migrations": recent["items"]})
        return Exit.OK
    out.say(f"{live['total']} live runs, {recent['total']} migrations at {plain(client.base)}")
    if live["items"]:
        out.table(_RUN, [_run(row) for row in live["items"]])
    if recent["items"]:
        out.table(_MIGRATION, [_migration(row) for row in recent["items"]])
    return Exit.OK


def _run(row: Mapping[str, Any]) -> tuple[Any, ...]:
    done, taken = f"{row['percentage']} %", duration(row["elapsed_seconds"])
    where = (row["id"], row["migration_title"], row["environment"], row["kind"], row["state"])
    return (*where, done, row["current_step"], taken)


def _migration(row: Mapping[str, Any]) -> tuple[Any, ...]:
    needs = " (needs a person)" if row["needs_person"] else ""
    risk = row["risk_level"] or "not planned"
    return (row["id"], row["title"], row["environment"], f"{row['status']}{needs}", row["review_state"], risk)


COMMANDS = (status,)
