"""Following a run to its end. Nothing is missed and nothing shown twice: events go by their sequence number.

Where the server streams, it tells what happens as it happens; where it does not, or something on the way holds the
stream back, it is asked each second. A server that restarts, a proxy without one behind it and a limit that is reached
are no reasons to stop; never having had an answer is.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from migrations_app.cli.client import Client, NotStreamed
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.run_display import RunDisplay, display
from migrations_app.cli.terminal import Out, leave_output
from migrations_app.cli.words import duration, plain

Answer = TypeVar("Answer")
EVERY = 1.0  # seconds between two looks
PAGE = 500
PATIENCE = 60.0  # seconds without an answer before giving up on a Snakeweb that answered before
WAIT = 60  # seconds of one stream, after which it is asked for again


class Deadline:
    """`seconds` None or 0: never."""

    def __init__(self, seconds: float | None) -> None:
        self._at = time.monotonic() + seconds if seconds else None

    @property
    def left(self) -> float:
        return math.inf if self._at is None else max(0.0, self._at - time.monotonic())

    def check(self, what: str) -> None:
        """Raises CommandFailed (TIMED_OUT) when it is over; `what` goes on."""
        if not self.left:
            raise CommandFailed(Exit.TIMED_OUT, f"The time of --timeout is over; {what}.")


class Patient:
    """Asks again while Snakeweb is away, until the deadline. `away` is told once when that begins."""

    def __init__(
        self, deadline: Deadline, patience: float = PATIENCE, away: Callable[[str], None] = lambda _: None
    ) -> None:
        self._deadline, self._patience, self._away = deadline, patience, away
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
                self._deadline.check(f"there is no answer at the moment ({failed})")
                if not told:
                    self._away(str(failed))
                    told = True
                time.sleep(min(failed.again_after or EVERY, self._deadline.left))
            else:
                self._answered = True
                return answer


class Follower:
    """What has been seen of a run: events up to `seen`."""

    def __init__(self, client: Client, run_id: int, shown: RunDisplay, patient: Patient, seen: int) -> None:
        self._client, self._run_id, self._shown, self._patient = client, run_id, shown, patient
        self.seen = seen
        self.streams = True

    def to_the_end(self, deadline: Deadline) -> Mapping[str, Any]:
        """The run as it ended. Raises CommandFailed."""
        while True:
            state = self._looked_at()
            if state["is_final"]:
                return state
            deadline.check(f"run {self._run_id} goes on. Follow it: snakeweb watch {self._run_id} --after {self.seen}")
            began = time.monotonic()
            if self.streams:
                self._streamed(math.ceil(min(WAIT, deadline.left)))
            time.sleep(max(0.0, min(EVERY, deadline.left) - (time.monotonic() - began)))

    def _looked_at(self) -> Mapping[str, Any]:
        """Every event so far, and the run after them."""
        about = f"/runs/{self._run_id}"
        while True:
            page = self._patient.ask(lambda: self._client.get(f"{about}/events", after=self.seen, limit=PAGE))
            for event in page["events"]:
                self._event(event)
            if self.seen < page["newest"]:
                continue
            state = self._patient.ask(lambda: self._client.get(about))
            self._shown.state(state)
            if state["last_seq"] <= self.seen:
                return state

    def _streamed(self, seconds: int) -> None:
        """What comes until the stream ends or breaks off. Whether that matters, the next look will tell."""
        query = {"after": self.seen, "wait": seconds} | ({"progress": "true"} if self._shown.moves else {})
        try:
            for line in self._client.lines(f"/runs/{self._run_id}/stream", **query):
                if "event" in line:
                    self._event(line["event"])
                elif "progress" in line:
                    self._shown.state(line["progress"])
        except NotStreamed:
            self.streams = False
        except CommandFailed as failed:
            self.streams = failed.status is Exit.UNREACHABLE or failed.again_after is not None

    def _event(self, event: Mapping[str, Any]) -> None:
        self.seen = event["seq"]
        self._shown.event(event)


def is_good(state: Mapping[str, Any]) -> bool:
    """Whether it ended as it was wanted to."""
    return bool(state["state"] == "succeeded" or (state["kind"] == "rollback" and state["state"] == "rolled_back"))


def follow(
    client: Client, out: Out, run_id: int, *, after: int = 0, timeout: float | None = None,
    patience: float = PATIENCE, good: Callable[[Mapping[str, Any]], bool] = is_good,
) -> Exit:  # fmt: skip
    """Show a run live until it has ended. OK when that is `good`: it succeeded, or is rolled back where it was to be.

    INTERRUPTED where whoever read hung up: how it ends is not known.
    """
    deadline = Deadline(timeout)
    try:
        with display(out) as shown:
            follower = Follower(client, run_id, shown, Patient(deadline, patience, shown.away), after)
            state = follower.to_the_end(deadline)
        if out.for_people:
            out.say(_ending(state))
    except BrokenPipeError:
        leave_output()
        return Exit.INTERRUPTED
    return Exit.OK if good(state) else Exit.FAILED


def _ending(state: Mapping[str, Any]) -> str:
    text = f"run {state['id']} {state['state'].replace('_', ' ')} after {duration(state['elapsed_seconds'])}"
    return "\n".join([plain(text), *(f"  {plain(line)}" for line in state["instructions"])])
