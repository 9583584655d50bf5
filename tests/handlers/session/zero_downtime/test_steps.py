from itertools import pairwise

from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.handlers.session.zero_downtime.steps import zero_downtime_steps
from tests.handlers.session.risk_cases import analysis, spec


def test_five_phases_between_the_first_steps_and_the_last() -> None:
    steps = zero_downtime_steps(spec(), analysis())

    assert [step.id for step in steps] == [
        "prepare",
        "validate_target",
        "backup",
        "initialise",
        "join",
        "journal",
        "dual_write",
        "transfer",
        "prove",
        "switch",
        "complete",
        "retire",
    ]
    assert all(step.depends_on == (before.id,) for before, step in pairwise(steps))


def test_each_names_an_action_that_there_is() -> None:
    actions = SessionMigration().actions()

    assert all(step.action in actions for step in zero_downtime_steps(spec(), analysis()))


def test_everything_can_be_taken_back_until_the_last_two() -> None:
    steps = zero_downtime_steps(spec(), analysis())

    assert [step.id for step in steps if not step.reversible] == ["complete", "retire"]
    assert all(step.undo_title for step in steps)


def test_completing_is_confirmed_by_a_person_who_reads_that_there_is_no_way_back() -> None:
    confirmed = [step for step in zero_downtime_steps(spec(), analysis()) if step.confirm]

    assert [step.id for step in confirmed] == ["complete"]
    assert "no way back" in confirmed[0].confirm


def test_only_the_copy_is_partitioned() -> None:
    assert [step.id for step in zero_downtime_steps(spec(), analysis()) if step.partitioned] == ["transfer"]


def test_old_sessions_are_left_unless_the_plan_says_otherwise() -> None:
    kept, removed = (
        zero_downtime_steps(spec(options={"cleanup_source": asked}), analysis())[-1].title for asked in (False, True)
    )

    assert "leave the old sessions" in kept
    assert "leave" not in removed


def test_estimates_count_sessions_and_soaks() -> None:
    few, many = (
        sum(step.estimated_seconds for step in zero_downtime_steps(spec(), analysis(sizes={"sessions": count})))
        for count in (10, 10**6)
    )
    assert many > few
    soaked = spec(parameters={"soak_ms": 3_600_000})
    assert next(s for s in zero_downtime_steps(soaked, analysis()) if s.id == "switch").estimated_seconds > 3600
