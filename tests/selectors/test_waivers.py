"""All waivers of a migration, with whether each counts at a moment."""

from datetime import timedelta

from migrations_app.models import Person
from migrations_app.selectors.migrations import list_waivers
from tests.stores_on_disk import Stage
from tests.waiving import RULE, TITLE, risky, waive


def test_they_are_listed_newest_first_and_judged_by_the_moment_of_asking(stage: Stage) -> None:
    migration, approver = risky(stage), stage.cast.actors["approver"]
    short = waive(approver, migration, stage.now, until=stage.now + timedelta(hours=1))
    other = waive(approver, migration, stage.now, rule="live_effects")

    def counting(hours: int) -> list[tuple[int, bool, str]]:
        rows = list_waivers(actor=stage.operator, migration_id=migration.pk, now=stage.now + timedelta(hours=hours))
        return [(row.id, row.counts, row.why_ended) for row in rows]

    assert counting(0) == [(other, True, ""), (short, True, "")]
    assert counting(1) == [(other, True, ""), (short, False, "its time is over")]


def test_a_row_says_who_answers_for_what(stage: Stage) -> None:
    migration = risky(stage)
    Person.objects.filter(username="approver").update(first_name="Ann", last_name="Approves")
    waive(stage.cast.actors["approver"], migration, stage.now)
    (row,) = list_waivers(actor=stage.operator, migration_id=migration.pk, now=stage.now)

    assert (row.rule, row.title, row.weight, row.given_by, row.username) == (
        RULE,
        TITLE,
        10,
        "Ann Approves",
        "approver",
    )
    assert (row.evidence, row.ended_at, row.ended_by) == ("cleanup_source is on", None, "")


def test_a_migration_without_a_plan_has_none(stage: Stage) -> None:
    assert list_waivers(actor=stage.operator, migration_id=stage.migration().pk, now=stage.now) == ()


def test_a_superuser_who_gave_one_can_give_it_still(stage: Stage) -> None:
    migration = risky(stage)
    Person.objects.filter(username="outsider").update(is_superuser=True)
    waive(stage.cast.actors["outsider"], migration, stage.now)
    (row,) = list_waivers(actor=stage.operator, migration_id=migration.pk, now=stage.now)

    assert row.counts
