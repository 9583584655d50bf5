"""What makes a version upgrade riskier or safer, beyond the rules of its configuration. One function a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.config import risk as of_configuration
from migrations_app.handlers.upgrade.parameters import PROJECT
from migrations_app.handlers.upgrade.sessions import changes_between
from migrations_app.pools.strategy import AfterDeadline
from migrations_app.snakepit.versions import Version

MOST_NAMED = 5
A_BIG_STEP = 3


def code_breaks(case: RiskCase) -> Sequence[Finding]:
    found = _sources(case, "breaks")
    if not found:
        return ()
    return (
        Finding(
            "upgrade.code_breaks",
            "Code that fails with the new version",
            f"{len(found)} places: {_places(found)}",
            min(60, 30 + 3 * len(found)),
            "It calls what is not there, or matches an answer that never comes.",
            "Change each place first; what to do stands beside it.",
        ),
    )


def code_differs(case: RiskCase) -> Sequence[Finding]:
    found = [*_sources(case, "differs"), *_sources(case, "deprecated")]
    if not found:
        return ()
    return (
        Finding(
            "upgrade.code_differs",
            "Code that behaves otherwise, or not for long",
            f"{len(found)} places: {_places(found)}",
            min(12, 2 + len(found)),
            "Nothing fails at once, so nobody notices at once either.",
            "Read each place under Changes.",
        ),
    )


def code_not_read(case: RiskCase) -> Sequence[Finding]:
    found = _sources(case, "unread")
    left_out = case.analysis.target_state.get("sources", {}).get("left_out", {})
    if not found and not left_out:
        return ()
    return (
        Finding(
            "upgrade.code_not_read",
            "Code that could not be read",
            ", ".join([*(one["place"] for one in found), *left_out][:MOST_NAMED]),
            6,
            "What stands there may fail with the new version.",
            "Look through those files by hand.",
        ),
    )


def code_not_looked_at(case: RiskCase) -> Sequence[Finding]:
    if PROJECT in case.spec.targets:
        return ()
    return (
        Finding(
            "upgrade.code_not_looked_at",
            "Nobody looked at the code",
            "no project is named",
            12,
            "Modules and functions that are gone are only found when a request needs them.",
            "Name the project's directory as a target, and plan again.",
        ),
    )


def many_versions_at_once(case: RiskCase) -> Sequence[Finding]:
    origin, to = _versions(case)
    if origin is None or to is None or abs(to.number[1] - origin.number[1]) < A_BIG_STEP:
        return ()
    between = abs(to.number[1] - origin.number[1])
    return (
        Finding(
            "upgrade.many_versions_at_once",
            "Many versions in one step",
            f"{origin} to {to}",
            min(12, 2 * between),
            "When something behaves otherwise it is hard to say since which version.",
            "Go in several upgrades, with a day of traffic between them.",
        ),
    )


def goes_down(case: RiskCase) -> Sequence[Finding]:
    origin, to = _versions(case)
    if origin is None or to is None or origin <= to:
        return ()
    return (
        Finding(
            "upgrade.goes_down",
            "To an older version",
            f"{origin} to {to}",
            10,
            "What the newer version brought is missing, and few have tried this way.",
            "Try it in an earlier environment first.",
        ),
    )


def sessions_change(case: RiskCase) -> Sequence[Finding]:
    origin, to = _versions(case)
    found = changes_between(origin, to) if origin and to else ()
    if not found:
        return ()
    return (
        Finding(
            "upgrade.sessions_change",
            "Sessions are another thing there",
            "; ".join(f"{one.version}: {one.what}" for one in found),
            min(15, 3 * len(found)),
            "Callers that rely on the old ways find it out one session at a time.",
            "Read each, and see whether your callers do that.",
        ),
    )


def old_and_new_together(case: RiskCase) -> Sequence[Finding]:
    waves = len(case.analysis.target_state.get("pool", {}).get("waves", ()))
    if waves < 2:
        return ()
    return (
        Finding(
            "upgrade.old_and_new_together",
            "Old and new workers serve together",
            f"{waves} waves",
            3,
            "Meanwhile a caller may get answers of either version, and an old worker that restarts by itself finds the "
            "new configuration.",
            "Take more workers a wave, or choose a quiet hour.",
        ),
    )


def requests_are_cut(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["after_deadline"] != AfterDeadline.STOP:
        return ()
    return (
        Finding(
            "upgrade.requests_are_cut",
            "Requests may be cut off",
            f"after {case.spec.parameters['drain_seconds']} s",
            15,
            "A worker that is still busy then is stopped, and its request fails.",
            "Let the roll give up instead, or allow more time.",
        ),
    )


def no_time_to_prove_itself(case: RiskCase) -> Sequence[Finding]:
    parameters = case.spec.parameters
    if parameters["soak_seconds"] > 0 and parameters["healthy_answers"] > 1:
        return ()
    return (
        Finding(
            "upgrade.no_time_to_prove_itself",
            "New workers count at their first word",
            f"{parameters['healthy_answers']} answers, {parameters['soak_seconds']} s",
            6,
            "One that fails after a moment is only noticed when all others have been changed.",
            "Ask for several healthy answers over some seconds.",
        ),
    )


def without_extra_workers(case: RiskCase) -> Sequence[Finding]:
    """A credit where the pool keeps its size."""
    surge, missing = case.spec.parameters["surge"], case.spec.parameters["max_unavailable"]
    evidence = f"{surge} extra, {missing} may be missing"
    if surge and not missing:
        why = "New workers are healthy before an old one goes."
        return (
            Finding("upgrade.without_extra_workers", "The pool keeps its size all the time", evidence, -4, why, ""),
        )
    return (
        Finding(
            "upgrade.without_extra_workers",
            "The pool serves with fewer workers meanwhile",
            evidence,
            5,
            "What the missing ones would have answered waits for the others.",
            "Start extra workers, and let none be missing.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    *of_configuration.RULES,
    code_breaks,
    code_differs,
    code_not_read,
    code_not_looked_at,
    many_versions_at_once,
    goes_down,
    sessions_change,
    old_and_new_together,
    requests_are_cut,
    no_time_to_prove_itself,
    without_extra_workers,
)


def _sources(case: RiskCase, weight: str) -> list[Mapping[str, Any]]:
    findings = case.analysis.target_state.get("sources", {}).get("findings", ())
    return [one for one in findings if one["weight"] == weight]


def _places(found: Sequence[Mapping[str, Any]]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(one["place"] for one in found[:MOST_NAMED]) + more


def _versions(case: RiskCase) -> tuple[Version | None, Version | None]:
    texts = case.analysis.source_state.get("version", ""), case.analysis.target_state.get("version", "")
    origin, to = (Version(text) if text else None for text in texts)
    return origin, to
