"""`snakeweb cutover`: orders on the hand-over of a zero-downtime run."""

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain


@click.command("cutover")
@speaks
@click.argument("run", type=int)
@click.option("--postpone", is_flag=True, help="hand nothing more over until `snakeweb cutover RUN` says so")
@click.option("--abort", is_flag=True, help="bring every bucket back to the source; the run lives on and waits")
def cutover(client: Client, out: Out, run: int, postpone: bool, abort: bool) -> Exit:
    """Hand over as soon as every gate is open; also again, after --abort. A step that waits for a person's
    confirmation is confirmed on the page of the run, which is printed."""
    if postpone and abort:
        raise CommandFailed(Exit.USAGE, "--postpone or --abort, one of the two.")
    order = "postpone" if postpone else "abort" if abort else "cutover"
    state = client.post(f"/runs/{run}/{order}")
    if out.as_json:
        out.json(state)
        return Exit.OK
    out.say(f"run {run}: the order on its hand-over is “{plain(state['cutover'])}”")
    if state["confirmation"]:
        out.say(f"It waits for a person's confirmation: {client.base}/runs/{run}/")
    return Exit.OK


COMMANDS = (cutover,)
