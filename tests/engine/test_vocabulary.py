from migrations_app.engine.vocabulary import FINAL_RUN_STATES, MigrationStatus, MigrationType, RunState, StepKind


def test_the_seeds_words_are_there() -> None:
    assert {
        "planned",
        "validating",
        "executing",
        "completed",
        "failed",
        "rolling_back",
        "rolled_back",
        "cancelled",
    } <= set(MigrationStatus)
    assert {
        "adapter_migration",
        "session_migration",
        "config_migration",
        "data_migration",
        "version_upgrade",
        "custom_migration",
    } == set(MigrationType)
    assert {"preparation", "validation", "backup", "migration", "verification", "cleanup"} == set(StepKind)


def test_a_run_is_final_when_nothing_drives_it_any_more() -> None:
    assert {state for state in RunState if state.is_final} == FINAL_RUN_STATES
    assert not RunState.PAUSED.is_final
