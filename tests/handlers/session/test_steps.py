from itertools import pairwise

from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.handlers.session.node.actions import node_actions
from migrations_app.handlers.session.steps import steps_of
from migrations_app.handlers.session.zero_downtime.actions import zero_downtime_actions
from tests.handlers.session.risk_cases import analysis, spec


def test_the_eight_steps_of_the_design_in_their_order():
    steps = steps_of(spec(), analysis())

    assert [step.id for step in steps] == [
        "prepare",
        "validate_target",
        "backup",
        "initialise",
        "transfer",
        "switch",
        "verify",
        "cleanup",
    ]
    assert [step.kind for step in steps] == [
        StepKind.PREPARATION,
        StepKind.VALIDATION,
        StepKind.BACKUP,
        StepKind.MIGRATION,
        StepKind.MIGRATION,
        StepKind.MIGRATION,
        StepKind.VERIFICATION,
        StepKind.CLEANUP,
    ]


def test_each_step_names_an_action_and_follows_the_one_before():
    steps = steps_of(spec(), analysis())

    known, beside = set(SessionMigration().actions()), {*zero_downtime_actions(), *node_actions()}
    assert {step.action for step in steps} == known - beside
    assert all(step.depends_on == (before.id,) for before, step in pairwise(steps))


def test_only_the_transfer_is_partitioned():
    assert [step.id for step in steps_of(spec(), analysis()) if step.partitioned] == ["transfer"]


def test_cleaning_up_is_confirmed_apart_when_it_is_asked_for():
    held = analysis(sizes={"sessions": 24_012})
    kept, removed = (steps_of(spec(options={"cleanup_source": asked}), held)[-1] for asked in (False, True))

    assert kept.confirm == ""
    assert removed.confirm.startswith("Remove the old sessions from old for good? It held about 24,000")
    assert "Each one that new holds as well is deleted from old" in removed.confirm
    assert "Remove" in removed.title


def test_titles_carry_no_quotes_because_log_lines_quote_them():
    for options in ({"cleanup_source": True, "backup_enabled": True}, {}):
        for step in steps_of(spec(options=options), analysis()):
            assert not {"“", "”"} & set(step.title + step.undo_title)


def test_estimates_grow_with_the_sessions():
    few, many = (
        sum(s.estimated_seconds for s in steps_of(spec(), analysis(sizes={"sessions": n}))) for n in (10, 10**6)
    )

    assert many > few
