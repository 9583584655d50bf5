"""What makes a plan risky. Each rule is a pure function of the case, and says what it saw."""

from collections.abc import Iterator

from migrations_app.handlers import Finding, RiskCase

LITTLE = 10  # per cent of the disk


def little_room(case: RiskCase) -> Iterator[Finding]:
    state, needed = case.analysis.target_state, case.analysis.source_state["bytes"]
    left = 100 * (state["free_bytes"] - needed) // max(1, state["disk_bytes"])
    if left < LITTLE:
        yield Finding(
            rule="model_files.little_room",
            title="Little room is left on the target's disk",
            evidence=f"{max(0, left)} % of the disk is free afterwards",
            weight=15,
            why="A disk that fills up stops whatever else writes to it.",
            how_to_lower="Make room first, or choose fewer models.",
        )


def source_is_emptied(case: RiskCase) -> Iterator[Finding]:
    if case.spec.options["cleanup_source"]:
        yield Finding(
            rule="model_files.source_is_emptied",
            title="The models are taken from the source",
            evidence=f"{case.analysis.source_state['files']} files are removed in the last step",
            weight=10,
            why="Whoever still loads a model from there fails. A rollback copies them back, which takes its time.",
            how_to_lower="Leave “Clean up the source” off, and remove them in a second migration.",
        )


RULES = (little_room, source_is_emptied)
