"""How a run ended, in one sentence that says neither more nor less than what was proven."""

from migrations_app.engine.hiding import redact_text
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.selectors.reports.model import Integrity, Outcome, RunFacts

_ENDED = {
    RunState.FAILED: ("The run failed, and what it had done so far still stands.", "bad"),
    RunState.STUCK: ("The run is stuck: what it did could not be undone, and a person has to go on.", "bad"),
    RunState.CANCELLED: ("The run was cancelled.", "warn"),
}
_GOES_ON = ("This run has not ended; the report shows it so far.", "info")


def outcome_of(view: RunView, run: RunFacts, integrity: Integrity) -> Outcome:
    error = dict(view.error or {})
    advice = [redact_text(str(line)) for line in error.get("recovery_actions", ())]
    undone = view.state is RunState.ROLLED_BACK
    verdict, tone = verdict_of(run, integrity, failed=bool(error))
    return Outcome(
        verdict=verdict,
        tone=tone,
        error=redact_text(str(error.get("message", ""))),
        # What has happened already is no advice.
        advice=tuple(line for line in advice if not (undone and "roll" in line.lower())),
        warnings=tuple(redact_text(warning) for warning in view.warnings),
    )


def verdict_of(run: RunFacts, integrity: Integrity, *, failed: bool) -> tuple[str, str]:
    """The sentence and its tone."""
    if run.state == RunState.SUCCEEDED:
        return _succeeded(run, integrity)
    if run.state == RunState.ROLLED_BACK:
        whose = f"run {run.undoes}" if run.undoes else "this run"
        if failed:
            return f"The run failed, and everything that {whose} did was undone.", "warn"
        return f"Rolled back: everything that {whose} did was undone.", "good" if run.undoes else "warn"
    return _ENDED.get(RunState(run.state), _GOES_ON)


def _succeeded(run: RunFacts, integrity: Integrity) -> tuple[str, str]:
    if run.kind == RunKind.DRY_RUN:
        return "The dry run went through every step and wrote nothing.", "good"
    if run.kind == RunKind.REHEARSAL:
        return f"{_rehearsed(run, integrity)}", "good"
    if run.undone_by:
        return f"Done and verified. Later everything was undone by run {run.undone_by}.", "warn"
    return "Done and verified.", "good"


def _rehearsed(run: RunFacts, integrity: Integrity) -> str:
    if integrity.tables:
        return (
            "The first rows of every table were copied and compared, and all of it was removed again. Indexes, foreign "
            "keys and sequences are not proven."
        )
    if run.handler == "session":
        return (
            "Every session was copied, read back and compared, and all of it was removed again. The hand-over is not "
            "proven: no route moved."
        )
    return (
        "What its type rehearses was really done beside the target, and all of it was removed again; each step says "
        "what it leaves open."
    )
