"""Following a run to its end. Nothing is missed and nothing shown twice: events are asked for by sequence number.

A server that restarts, a proxy without one behind it and a limit that is reached are no reasons to stop; never having
had an answer is.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from migrations_app.cli.client import Client
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.run_display import display
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import duration, plain

Answer = TypeVar("Answer")
EVERY = 1.0  # seconds between two looks
PAGE = 500
PATIENCE = 60.0  # seconds without an answer before giving up on a Snakeweb that answered before


class Deadline:
    """`seconds` None or 0: never."""

    def __init__(self, seconds: float | None) -> None:
        self._at = time.monotonic() + seconds if seconds else None

    def check(self, what: str) -> None:
        """Raises CommandFailed (TIMED_OUT) when it is over; `what` goes on."""
        if self._at is not None and time.monotonic() >= self._at:
            raise CommandFailed(Exit.TIMED_OUT, f"The time of --timeout is over; {what}.")


class Patient:
    """Asks again while Snakeweb is away. `away` is told once when that begins."""

    def __init__(self, patience: float = PATIENCE, away: Callable[[str], None] = lambda _: None) -> None:
        self._patience, self._away = patience, away
        self._answered = False

    def ask(self, question: Callable[[], Answer]) -> Answer:
        began = time.monotonic()
        told = False
        while True:
            try:
                answer = question()
            except CommandFailed as failed:
                gone = failed.status is Exit.UNREACHABLE or failed.again_after is not None
                if not gone or not self._answered or time.monotonic() - began >= self._patience:
                    raise
                if not told:
                    self._away(str(failed))
                    told = True
                time.sleep(failed.again_after or EVERY)
            else:
                self._answered = True
                return answer


def follow(
    client: Client, out: Out, run_id: int, *, after: int = 0, timeout: float | None = None, patience: float = PATIENCE
) -> Exit:
    """Show a run live until it has ended. OK when it succeeded, or is rolled back where it was to be."""
    deadline = Deadline(timeout)
    seen = after
    with display(out) as shown:
        patient = Patient(patience, shown.away)
        while True:
            page = patient.ask(lambda: client.get(f"/runs/{run_id}/events", after=seen, limit=PAGE))  # noqa: B023
            for event in page["events"]:
                seen = event["seq"]
                shown.event(event)
            if seen < page["newest"]:
                continue
            state = patient.ask(lambda: client.get(f"/runs/{run_id}"))
            shown.state(state)
            if state["last_seq"] > seen:
                continue
            if state["is_final"]:
                break
            deadline.check(f"run {run_id} goes on. Follow it: snakeweb watch {run_id} --after {seen}")
            time.sleep(EVERY)
    if out.for_people:
        out.say(_ending(state))
    return Exit.OK if is_good(state) else Exit.FAILED


def is_good(state: Mapping[str, Any]) -> bool:
    """Whether it ended as it was wanted to."""
    return bool(state["state"] == "succeeded" or (state["kind"] == "rollback" and state["state"] == "rolled_back"))


def _ending(state: Mapping[str, Any]) -> str:
    text = f"run {state['id']} {state['state'].replace('_', ' ')} after {duration(state['elapsed_seconds'])}"
    return "\n".join([plain(text), *(f"  {plain(line)}" for line in state["instructions"])])
