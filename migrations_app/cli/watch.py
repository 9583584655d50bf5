"""`snakeweb watch`: follow a run until it ends. Nothing is missed: events are asked for by sequence number."""

import argparse
import json
import time
from collections.abc import Callable, Mapping
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
    seen = given.after
    look = _patient(lambda: client.get(f"/runs/{given.run}/events", after=seen, limit=PAGE))
    state = client.get(f"/runs/{given.run}")
    while True:
        page = look()
        for event in page["events"]:
            seen = event["seq"]
            if given.json:
                out.print(json.dumps(event), soft_wrap=True, markup=False)
            else:
                out.print(_line(event), soft_wrap=True)
        if seen < page["newest"]:
            continue
        state = _patient(lambda: client.get(f"/runs/{given.run}"))()
        if state["is_final"] and state["last_seq"] <= seen:
            break
        if state["last_seq"] <= seen:
            time.sleep(EVERY)
    if not given.json:
        out.print(_ending(state), soft_wrap=True)
    return Exit.OK if _good(state) else Exit.FAILED


def _good(state: Mapping[str, Any]) -> bool:
    return bool(state["state"] == "succeeded" or (state["kind"] == "rollback" and state["state"] == "rolled_back"))


def _patient(ask: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """A web process that restarts is no reason to stop watching; never having had an answer is."""
    answered = False

    def patiently() -> dict[str, Any]:
        nonlocal answered
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                answer = ask()
            except CommandFailed as failed:
                if failed.status is not Exit.UNREACHABLE or not answered or time.monotonic() >= give_up_at:
                    raise
                time.sleep(EVERY)
            else:
                answered = True
                return answer

    return patiently


def _line(event: Mapping[str, Any]) -> str:
    clock = str(event["at"])[11:19]
    mark = {"warning": "[yellow]![/yellow]", "error": "[red]✗[/red]"}.get(str(event["level"]), " ")
    return f"{clock} {mark} {plain(event['text'])}"


def _ending(state: Mapping[str, Any]) -> str:
    text = f"run {state['id']} {state['state'].replace('_', ' ')} after {duration(state['elapsed_seconds'])}"
    return "\n".join([plain(text), *(f"  {plain(line)}" for line in state["instructions"])])
