"""How the author wants it done. One function a rule."""

from collections.abc import Sequence

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.session.parameters import SOURCE


def no_catch_up(case: RiskCase) -> Sequence[Finding]:
    if case.spec.options.get("zero_downtime") or case.spec.parameters["catch_up_passes"]:
        return ()
    return (
        Finding(
            "session.no_catch_up",
            "No catch-up before the switch",
            "catch_up_passes is 0",
            6,
            "Everything that changed since the copy began is then brought over while writes wait.",
            "Set catch_up_passes to 1 or more.",
        ),
    )


def source_removed(case: RiskCase) -> Sequence[Finding]:
    if not case.spec.options.get("cleanup_source"):
        return (
            Finding(
                "session.source_kept",
                "The source keeps its sessions",
                f"“{case.spec.targets[SOURCE].name}” is left as it is",
                -5,
                "Going back then moves only what changed since.",
                "Leave cleanup_source off.",
            ),
        )
    return (
        Finding(
            "session.source_removed",
            "The source is emptied at the end",
            "cleanup_source is on",
            10,
            "Going back then has to bring every session back from the target.",
            "Leave cleanup_source off and clean up some days later.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    no_catch_up,
    source_removed,
)
