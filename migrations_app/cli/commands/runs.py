"""`snakeweb pause`, `resume`, `throttle` and `cancel`: what is told to a run that goes on."""

from typing import Any

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain


@click.command("pause")
@speaks
@click.argument("run", type=int)
def pause(client: Client, out: Out, run: int) -> Exit:
    """Stop a run at its next checkpoint. A paused run holds no worker."""
    return told(out, client.post(f"/runs/{run}/pause"))


@click.command("resume")
@speaks
@click.argument("run", type=int)
def resume(client: Client, out: Out, run: int) -> Exit:
    """Let a paused run go on."""
    return told(out, client.post(f"/runs/{run}/resume"))


@click.command("throttle")
@speaks
@click.argument("run", type=int)
@click.argument("most_a_second", type=click.IntRange(min=0))
def throttle(client: Client, out: Out, run: int, most_a_second: int) -> Exit:
    """Set how many records a second a run copies, all workers together; 0: as fast as the stores allow."""
    return told(out, client.post(f"/runs/{run}/throttle", {"most_a_second": most_a_second}))


@click.command("cancel")
@speaks
@click.argument("run", type=int, required=False)
@click.option(
    "--migration", type=int, metavar="MIGRATION", help="give up a migration that is not running, instead of a run"
)
@click.option("--reason", default="", help="for the audit trail, with --migration")
def cancel(client: Client, out: Out, run: int | None, migration: int | None, reason: str) -> Exit:
    """Stop a run at the next batch and roll back what it has done, or give up a migration that is not running."""
    if (run is None) == (migration is None):
        raise CommandFailed(Exit.USAGE, "Name a run, or a migration by --migration; one of the two.")
    if run is not None:
        return told(out, client.post(f"/runs/{run}/cancel"))
    given_up = client.post(f"/migrations/{migration}/cancel", {"reason": reason})
    if out.as_json:
        out.json(given_up)
    else:
        out.say(f"migration {migration} is {plain(given_up['status'])}")
    return Exit.OK


def told(out: Out, state: dict[str, Any]) -> Exit:
    """An order is left for the run; it takes effect at the next batch, so the state may be the old one still."""
    if out.as_json:
        out.json(state)
    else:
        waits = f", {plain(state['waits'])}" if state["waits"] else ""
        now = plain(state["state"].replace("_", " "))
        out.say(f"run {state['id']} is {now}{waits}; the order takes effect at its next batch")
    return Exit.OK


COMMANDS = (pause, resume, throttle, cancel)
