"""Every reason why a configuration cannot be rewritten like that."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrations_app.configuration.problems import Severity
from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.engine.vocabulary import ValidationLevel
from migrations_app.handlers.config.parameters import KEEP, TARGET

MOST = 30


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    wishes = list(_wishes(spec))
    state = analysis.target_state
    if wishes or "error" in state:
        return wishes  # an error of reading is said by the validator
    if "refused" in state:
        return [Problem(each["field"], each["message"], each["fix"], each["code"]) for each in state["refused"]]
    return list(_unread(analysis)) or [*_nothing_to_do(state), *_not_startable(spec, state)]


def _wishes(spec: Spec) -> Iterator[Problem]:
    restore, to = spec.parameters["restore"], spec.parameters["to_version"]
    if not restore and not to:
        yield Problem("parameters.to_version", "It is not said where to go.", "Give a Snakepit version.", "required")
    if restore and to:
        message = "A restore writes a snapshot, whatever its version."
        yield Problem("parameters.to_version", message, "Leave the version out, or the snapshot.", "contradiction")
    if restore and spec.parameters["local_edits"] == KEEP:
        message = "A restore writes the bytes of the snapshot; edits would not be kept."
        yield Problem("parameters.local_edits", message, "Choose “stop”.", "contradiction")


def _nothing_to_do(state: Mapping[str, Any]) -> Iterator[Problem]:
    if state["changes"] or any(hunk["manner"] == "manual" for hunk in state["hunks"]):
        return
    if state["restores"]:
        yield Problem("parameters.restore", "The files are as that snapshot has them.", "Nothing to do.", "no_change")
    else:
        message = f"The files mean the same at Snakepit {state['version']} as they are."
        yield Problem("parameters.to_version", message, "Nothing to do.", "no_change")


def _unread(analysis: Analysis) -> Iterator[Problem]:
    """A rewrite goes by what the files say; a place that cannot be read could say anything."""
    for each in analysis.source_state["unread"][:MOST]:
        if each["severity"] == Severity.ERROR and not analysis.target_state["restores"]:
            yield Problem(f"targets.{TARGET}", f"{each['place']}: {each['message']}", each["suggestion"], each["code"])


def _not_startable(spec: Spec, state: Mapping[str, Any]) -> Iterator[Problem]:
    if state["restores"] or spec.options.get("validation_level") == ValidationLevel.BASIC:
        return
    for each in [one for one in state["problems"] if one["severity"] == Severity.ERROR][:MOST]:
        yield Problem(
            f"targets.{TARGET}",
            f"The result would not start at {state['version']}: {each['place']} {each['key']}: {each['message']}",
            each["suggestion"] or "Correct the file first, then plan again.",
            each["code"],
        )
