"""`snakeweb watch`: follow a run until it ends. Nothing is missed: events are asked for by sequence number."""

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from migrations_app.cli.client import Client
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.words import duration, plain

EVERY = 1.0  # seconds between two looks
PAGE = 500
PATIENCE = 60.0  # seconds without an answer before giving up on a Snakeweb that answered before


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("watch", parents=[shared], help="follow a run until it ends", description=__doc__)
    parser.add_argument("run", type=int, metavar="RUN", help="id of a run")
    parser.add_argument("--after", type=int, default=0, metavar="SEQ", help="begin after this event")
    parser.set_defaults(command=run)


def run(client: Client, given: argparse.Namespace, out: Console) -> Exit:
    patient, seen = _Patient(client), given.after
    while True:
        page = patient.get(f"/runs/{given.run}/events", after=seen, limit=PAGE)
        for event in page["events"]:
            seen = event["seq"]
            _show(out, event, as_json=given.json)
        if seen < page["newest"]:
            continue
        state = patient.get(f"/runs/{given.run}")
        if state["last_seq"] > seen:
            continue
        if state["is_final"]:
            break
        time.sleep(EVERY)
    if not given.json:
        out.print(_ending(state), soft_wrap=True)
    return Exit.OK if _good(state) else Exit.FAILED


def _show(out: Console, event: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        out.print(json.dumps(event), soft_wrap=True, markup=False)
    else:
        out.print(_line(event), soft_wrap=True)


def _good(state: Mapping[str, Any]) -> bool:
    return bool(state["state"] == "succeeded" or (state["kind"] == "rollback" and state["state"] == "rolled_back"))


class _Patient:
    """A web process that restarts is no reason to stop watching; never having had an answer is."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answered = False

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._client.get(path, **query)
            except CommandFailed as failed:
                gone = failed.status is Exit.UNREACHABLE
                if not gone or not self._answered or time.monotonic() >= give_up_at:
                    raise
                time.sleep(EVERY)
            else:
                self._answered = True
                return answer


def _line(event: Mapping[str, Any]) -> str:
    clock = str(event["at"])[11:19]
    mark = {"warning": "[yellow]![/yellow]", "error": "[red]✗[/red]"}.get(str(event["level"]), " ")
    return f"{clock} {mark} {plain(event['text'])}"


def _ending(state: Mapping[str, Any]) -> str:
    text = f"run {state['id']} {state['state'].replace('_', ' ')} after {duration(state['elapsed_seconds'])}"
    return "\n".join([plain(text), *(f"  {plain(line)}" for line in state["instructions"])])
