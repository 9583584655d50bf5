"""One migration from the first idea to the report, walked through the doors by the people whose job each part is."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.demo import deployment as example
from migrations_app.demo.browser import Browser
from migrations_app.demo.people import APPROVER, OPERATOR, PRODUCTION, SECOND_APPROVER
from migrations_app.demo.terminal import Terminal
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, Decision, MigrationType, RunState, StepState

LONGEST_SECONDS = 900.0
LOOK_AGAIN_SECONDS = 0.25
LIVE_STEPS = (StepState.RUNNING, StepState.WAITING, StepState.UNDOING)


Watch = Callable[[frozenset[str]], None]


def nobody(steps: frozenset[str]) -> None:
    """Watches a run that needs no watching."""


class JourneyFailed(RuntimeError):
    """A run did not end as it should; the message says how it ended instead."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run of the journey that has ended. `results` maps step id to what the step reported, as text by name."""

    run_id: int
    state: RunState
    seconds: int
    results: Mapping[str, Mapping[str, str]]
    error: Mapping[str, Any] | None

    def number(self, step: str, name: str) -> int:
        return int(self.results.get(step, {}).get(name, "0").replace(",", "").split()[0])


@dataclass(frozen=True, slots=True)
class Style:
    """How the journey's migration goes about it: its parameters and options beside the usual ones."""

    parameters: Mapping[str, Any]
    options: Mapping[str, Any]


STANDARD = Style({}, {})
ZERO_DOWNTIME = Style(
    {
        "canary_soak_ms": 1_000,
        "soak_ms": 3_000,
        "legacy_watch_ms": 1_000,
        "settle_ms": 200,
        "pause_target_ms": 5_000,  # generous: the demo shares its machine with the servers, the workers and a browser
        "pause_limit_ms": 10_000,
    },
    {"zero_downtime": True},
)


@dataclass(frozen=True, slots=True)
class Journey:
    """`base_url` is the web process; `watch` gets the ids of the live steps at each look at the run that applies."""

    base_url: str
    terminal: Terminal
    watch: Watch
    style: Style = ZERO_DOWNTIME

    def play(self) -> Ended:
        """Author, plan, dry run, review, execution. Returns the run, however it ended."""
        with Browser(self.base_url, OPERATOR) as operator:
            migration = self._author(operator)
            digest = self._plan(operator, migration)
            self._dry_run(operator, migration)
            operator.post(f"/migrations/{migration}/submit", {"digest": digest})
            self._sign(migration, digest)
            run = run_id(operator.post(f"/migrations/{migration}/execute"))
            self.terminal.say(f"{OPERATOR.full_name} starts run {run}: {self.base_url}/runs/{run}/")
            return self._follow(operator, run, watch=self.watch)

    def _author(self, operator: Browser) -> int:
        targets = {row["name"]: row for row in operator.get("/targets", limit=200)["items"]}
        title = "Move the sessions of production to PostgreSQL"
        body = {
            "title": title,
            "environment_id": targets[example.SOURCE]["environment_id"],
            "type": MigrationType.SESSION,
            "targets": {"source": targets[example.SOURCE]["id"], "target": targets[example.TARGET]["id"]},
            "parameters": {"route": example.ROUTE, **self.style.parameters},
            "options": {"batch_size": 1000, "parallel_workers": 2, **self.style.options},
            "description": "Sessions survive a restart of the cache from now on.",
        }
        self.terminal.say(f"{OPERATOR.full_name} authors “{title}” in {PRODUCTION.name}.")
        return int(operator.post("/migrations", body)["id"])

    def _plan(self, operator: Browser, migration: int) -> str:
        plan = operator.post(f"/migrations/{migration}/plan")
        risk = plan["risk_assessment"]
        self.terminal.say(
            f"Planned: {len(plan['steps'])} steps, risk {risk['level']} ({risk['score']} of 100), "
            f"digest {plan['digest'][:12]}."
        )
        return str(plan["digest"])

    def _dry_run(self, operator: Browser, migration: int) -> None:
        ended = self._follow(operator, run_id(operator.post(f"/migrations/{migration}/validate")), label="dry run: ")
        if ended.state is not RunState.SUCCEEDED:
            raise JourneyFailed(f"The dry run ended as {ended.state}: {message_of(ended.error)}")
        self.terminal.say("The dry run passed over read-only connections.")

    def _sign(self, migration: int, digest: str) -> None:
        for login in (APPROVER, SECOND_APPROVER):
            with Browser(self.base_url, login) as approver:
                approver.post(f"/migrations/{migration}/reviews", {"digest": digest, "decision": Decision.APPROVE})
            self.terminal.say(f"{login.full_name} signs {digest[:12]}.")

    def _confirm(self, run: int, asked: Mapping[str, Any]) -> None:
        """The second sign-off: somebody else than the operator lets the run do what cannot be undone."""
        with Browser(self.base_url, APPROVER) as approver:
            answer = {"step": asked["step"], "digest": asked["digest"], "decision": Decision.APPROVE}
            approver.post(f"/runs/{run}/signoffs", answer)
        self.terminal.say(f"{APPROVER.full_name} signs off: {asked['title']}.")

    def _follow(self, operator: Browser, run: int, label: str = "", watch: Watch = nobody) -> Ended:
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            page = operator.get(f"/runs/{run}")
            live = [step for step in page["steps"] if step["state"] in LIVE_STEPS]
            watch(frozenset(step["id"] for step in live))
            if page["confirmation"]:
                self._confirm(run, page["confirmation"])
            for step in live:
                self.terminal.progress(label + step["title"], step["done"], step["total"], step["unit"])
            if page["state"] in FINAL_RUN_STATES:
                return ended(page)
            time.sleep(LOOK_AGAIN_SECONDS)
        raise JourneyFailed(f"Run {run} is still {page['state']} after {LONGEST_SECONDS:.0f} s.")


def ended(page: Mapping[str, Any]) -> Ended:
    results = {step["id"]: dict(step["result"]) for step in page["steps"]}
    return Ended(page["id"], RunState(page["state"]), page["elapsed_seconds"], results, page["error"])


def run_id(answer: Mapping[str, Any]) -> int:
    run = answer["run"]
    return int(run["id"] if isinstance(run, Mapping) else run)


def message_of(error: Mapping[str, Any] | None) -> str:
    return str(error["message"]) if error else "no error was recorded"
