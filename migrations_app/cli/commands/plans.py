"""`snakeweb plan`: a document, or a migration that is there, becomes a plan; with --preflight nothing is left of it."""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

import click

from migrations_app.cli import plan_markdown, plan_text
from migrations_app.cli.client import Client
from migrations_app.cli.connection import chained, quietly, speaks
from migrations_app.cli.documents import text_of
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out


class Level(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3


elsewhere = chained(
    click.option("--environment", default="", metavar="NAME", help="instead of the document's"),
    click.option("--target", "targets", multiple=True, metavar="ROLE=NAME", help="another target for a role; repeat"),
)  # fmt: skip
keyed = click.option("--key", default="", help="Idempotency-Key: the same one makes nothing twice within 24 hours")


@click.command("plan")
@speaks
@click.argument("source", metavar="FILE|MIGRATION")
@elsewhere
@click.option("--preflight", is_flag=True, help="look, plan and weigh, and leave no migration")
@click.option("--summary", type=click.Choice(["markdown"]), help="print the plan as a comment for a pull request")
@click.option(
    "--fail-on",
    type=click.Choice([level.name.lower() for level in Level]),
    metavar="LEVEL",
    help="exit status 6 when the risk is low, medium or high, or above",
)
@quietly
@keyed
def plan(
    client: Client, out: Out, source: str, environment: str, targets: tuple[str, ...], preflight: bool,
    summary: str | None, fail_on: str | None, key: str,
) -> Exit:  # fmt: skip
    """Plan a YAML document (- for standard input) as a new migration, or plan a migration again.

    Prints steps, risk and findings. A document that cannot be planned leaves nothing behind; every problem is named.
    """
    place: dict[str, Any] = {"environment": environment, "target": list(targets)}
    try:
        made = _made(client, source, place, preflight=preflight, key=key)
    except CommandFailed as failed:
        if summary and failed.status is Exit.INVALID:
            out.raw(plan_markdown.refusal(source, str(failed).split("\n", 1)[0], failed.problems))
        raise
    _show(client, out, made, markdown=bool(summary))
    level = Level[made["plan"]["risk_assessment"]["level"].upper()]
    return Exit.RISK if fail_on and level >= Level[fail_on.upper()] else Exit.OK


def _made(client: Client, source: str, place: Mapping[str, Any], *, preflight: bool, key: str) -> dict[str, Any]:
    """`migration` is None of a pre-flight, whose plan belongs to none."""
    if preflight:
        looked = client.post_yaml("/migrations/preflight", text_of(Path(source)), **place)
        return {"migration": None, **looked}
    if source.isdigit() and not Path(source).exists():
        new = client.post(f"/migrations/{source}/plan", key=key)
        about = client.get(f"/migrations/{source}")
        return {"migration": int(source), "title": about["title"], "environment": about["environment"], "plan": new}
    about = client.post_yaml("/migrations/import", text_of(Path(source)), key=key, plan="true", **place)
    plan = client.get(f"/migrations/{about['id']}/plan")
    return {"migration": about["id"], "title": about["title"], "environment": about["environment"], "plan": plan}


def _show(client: Client, out: Out, made: Mapping[str, Any], *, markdown: bool) -> None:
    migration = made["migration"]
    heading = f"{made['title']} → {made['environment']}"
    if out.quiet:
        out.raw("" if migration is None else str(migration))
    elif markdown:
        out.raw(
            plan_markdown.summary(
                heading, made["plan"], url=f"{client.base}/migrations/{migration}/" if migration else ""
            )
        )
    elif out.as_json:
        out.json(made)
    else:
        plan_text.show(out, heading, made["plan"])
        if made.get("blocked"):
            out.say("[yellow]![/yellow] No policy says whose signatures it needs there, so it could not be submitted.")
        out.say(
            f"\nmigration {migration}: {client.base}/migrations/{migration}/"
            if migration
            else "\nNo migration was made."
        )


COMMANDS = (plan,)
