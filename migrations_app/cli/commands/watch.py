"""`snakeweb watch`."""

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import chained, speaks
from migrations_app.cli.exits import Exit
from migrations_app.cli.following import PATIENCE, follow
from migrations_app.cli.terminal import Out

waiting = chained(
    click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="wait no longer (exit status 7)"),
    click.option("--patience", type=click.FloatRange(min=0), default=PATIENCE, metavar="SECONDS",
                 help=f"how long Snakeweb may be away meanwhile (default {PATIENCE:.0f})"),
)  # fmt: skip
watching = click.option("--watch", is_flag=True, help="follow the run until it ends, as `snakeweb watch` does")


@click.command("watch")
@speaks
@click.argument("run", type=int)
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="begin after this event")
@waiting
def watch(client: Client, out: Out, run: int, after: int, timeout: float | None, patience: float) -> Exit:
    """Follow a run until it ends. It goes on when you stop, and over restarts of the server."""
    return follow(client, out, run, after=after, timeout=timeout, patience=patience)


COMMANDS = (watch,)
