"""`snakeweb status`: what runs and what needs a person, or one migration in detail."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from migrations_app.cli.client import Client
from migrations_app.cli.exits import Exit
from migrations_app.cli.words import duration, plain

SHOWN = 20


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "status", parents=[shared], help="what runs now, or the status of one migration", description=__doc__
    )
    parser.add_argument("migration", type=int, nargs="?", metavar="MIGRATION", help="id of a migration")
    parser.set_defaults(command=run)


def run(client: Client, given: argparse.Namespace, out: Console) -> Exit:
    if given.migration is None:
        return _overview(client, given.json, out)
    status = client.get(f"/migrations/{given.migration}/status")
    if given.json:
        out.print_json(json.dumps(status))
        return Exit.OK
    table = Table("field", "value", box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in status.items():
        if value not in (None, "", [], {}):
            table.add_row(name, plain(value))
    out.print(table)
    return Exit.OK


def _overview(client: Client, as_json: bool, out: Console) -> Exit:
    live = client.get("/runs", live="true", limit=SHOWN)
    recent = client.get("/migrations", limit=SHOWN)
    if as_json:
        out.print_json(json.dumps({"live_runs": live["items"], "migrations": recent["items"]}))
        return Exit.OK
    out.print(f"{live['total']} live runs, {recent['total']} migrations at {client.base}", markup=False)
    if live["items"]:
        out.print(_runs(live["items"]))
    if recent["items"]:
        out.print(_migrations(recent["items"]))
    return Exit.OK


def _runs(rows: list[dict[str, Any]]) -> Table:
    table = Table("run", "migration", "environment", "kind", "state", "done", "step", "for", box=None)
    for row in rows:
        table.add_row(
            str(row["id"]),
            plain(row["migration_title"]),
            row["environment"],
            row["kind"],
            row["state"],
            f"{row['percentage']} %",
            plain(row["current_step"]),
            duration(row["elapsed_seconds"]),
        )
    return table


def _migrations(rows: list[dict[str, Any]]) -> Table:
    table = Table("migration", "title", "environment", "status", "review", "risk", box=None)
    for row in rows:
        needs = " (needs a person)" if row["needs_person"] else ""
        table.add_row(
            str(row["id"]),
            plain(row["title"]),
            row["environment"],
            f"{row['status']}{needs}",
            row["review_state"],
            row["risk_level"] or "not planned",
        )
    return table
