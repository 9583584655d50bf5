from dataclasses import replace

import pytest

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.selectors.plan_changes import Fate, Line, Section, measured, merged, parts, sections_of, spoken_time
from migrations_app.selectors.plans import RevisionView, revision_view
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(stage) -> RevisionView:
    return revision_view(newest(stage.planned()))


def only(sections: tuple[Section, ...]) -> Section:
    assert len(sections) == 1, [section.title for section in sections]
    return sections[0]


def text(pieces: tuple) -> str:
    return "".join(piece.text for piece in pieces)


def by_name(section: Section) -> dict[str, Line]:
    return {line.name: line for line in section.lines}


def test_a_plan_held_against_itself_has_no_sections(plan):
    assert sections_of(plan, plan) == ()


def test_options_carry_their_label_unit_and_help(plan):
    changed = replace(plan, options=tuple((n, "50" if n == "batch_size" else v) for n, v in plan.options))
    section = only(sections_of(plan, changed))

    line = by_name(section)["Batch size"]
    assert (text(line.before), text(line.after)) == ("10 records", "50 records")
    assert line.meaning == "Records moved between two checkpoints."
    assert section.same == len(plan.options) - 1


def test_a_parameter_that_nobody_declares_goes_by_its_name(plan):
    changed = replace(plan, parameters=(*plan.parameters, ("odd_one", "1")))

    assert by_name(only(sections_of(plan, changed)))["Odd one"].fate is Fate.ADDED
    declared = (Field("odd_one", FieldKind.INTEGER, "The odd one"),)
    assert "The odd one" in by_name(only(sections_of(plan, changed, declared)))


def test_a_step_that_came_one_that_went_and_one_that_changed(plan):
    kept = [step for step in plan.steps if step.id != "backup"]
    kept[-1] = replace(kept[-1], reversible=False, undo_title="cannot be undone")
    new = replace(plan.steps[0], id="warn", title="Warn everybody", number=9)
    section = only(sections_of(plan, replace(plan, steps=(*kept, new))))
    lines = by_name(section)

    assert (lines["Was step 3"].fate, lines["Was step 3"].meaning) == (Fate.REMOVED, "No longer done.")
    assert (lines["Step 9"].fate, text(lines["Step 9"].after)) == (Fate.ADDED, "Warn everybody")
    final = lines["Step 8"]
    assert (final.fate, final.meaning) == (Fate.CHANGED, "It can no longer be undone.")
    assert (final.details[0].field, final.details[0].before, final.details[0].after) == ("can be undone", "yes", "no")
    assert section.same == 6


def test_a_removed_step_stays_where_it_stood():
    assert merged(["a", "b", "c"], ["a", "c", "d"]) == ["a", "b", "c", "d"]
    assert merged(["a", "b"], ["b", "a"]) == ["b", "a"]


def test_another_target_is_not_the_same_one_laid_out_anew(plan):
    source, target = plan.targets
    elsewhere = replace(
        plan, targets=(replace(source, target_id=99, name="other"), replace(target, config_digest="f" * 64))
    )
    lines = by_name(only(sections_of(plan, elsewhere)))

    assert lines["Source"].meaning == "Another store takes this place."
    assert lines["Target"].meaning == "The same store, reached or laid out another way."


def test_findings_say_how_they_move_the_risk(plan):
    lighter, *rest = plan.findings
    changed = replace(plan, findings=(replace(lighter, weight=lighter.weight - 4), *rest[1:]))
    section = only(sections_of(plan, changed))
    lines = by_name(section)

    assert not section.signed
    assert lines[lighter.title].meaning == "Lowers the risk by 4."
    assert lines[rest[0].title].fate is Fate.REMOVED


def test_texts_are_held_against_each_other_word_by_word():
    left, right = parts("move the old cart", "move the new cart")

    assert [(part.text, part.differs) for part in left] == [("move the ", False), ("old", True), (" cart", False)]
    assert "".join(part.text for part in right) == "move the new cart"
    assert parts("", "a b")[0] == ()


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("3600000", "ms", "3,600,000 ms (1 h)"),
        ("1500", "ms", "1,500 ms (1 s)"),
        ("200", "ms", "200 ms"),
        ("7276", "s", "7,276 s (2 h 1 min)"),
        ("30", "s", "30 s"),
        ("5000", "records", "5,000 records"),
        ("none", "s", "none s"),
        ("1", "", "1"),
        ("", "ms", ""),
    ],
)
def test_a_measured_value_has_its_unit_and_a_long_time_in_words(value, unit, shown):
    assert measured(value, unit) == shown


@pytest.mark.parametrize(("seconds", "said"), [(59, "59 s"), (60, "1 min"), (76, "1 min 16 s"), (7200, "2 h")])
def test_a_time_is_said_in_its_two_largest_units(seconds, said):
    assert spoken_time(seconds) == said
