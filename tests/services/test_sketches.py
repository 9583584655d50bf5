import json
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Migration, Sketch
from migrations_app.services import migrations, sketches
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied, StaleEdit
from migrations_app.services.sketches import MOST_SKETCHES, Seen

pytestmark = pytest.mark.django_db

HERE = Seen(1, "aa")
TEXTS = {"title": "Move sessions", "options.batch_size": "many"}


@pytest.fixture
def begun(operator, now):
    return sketches.begin(actor=operator, now=now, values={"title": "Move"}, begun_from="a template")


def keep(actor, now, sketch_id, seen=HERE, **values):
    return sketches.keep(actor=actor, now=now, sketch_id=sketch_id, seen=seen, values=values or TEXTS)


def create(stage, sketch_id, seen=HERE):
    made = sketches.create(actor=stage.operator, now=stage.now, sketch_id=sketch_id, seen=seen, draft=stage.draft())
    return made.migration_id


@pytest.fixture
def migration(stage):
    return stage.migration()


@pytest.fixture
def edit(stage, migration):
    """A sketch of an edit, with something typed into it."""
    begun = begin_edit(stage, migration)
    keep(stage.operator, stage.now, begun, title="Move all")
    return begun


def begin_edit(stage, migration):
    given = {"actor": stage.operator, "now": stage.now, "migration_id": migration.pk}
    return sketches.begin_edit(**given, values={"title": migration.title})


def finish_edit(stage, migration, sketch_id, **changes):
    given = {"actor": stage.operator, "now": stage.now, "migration_id": migration.pk, "sketch_id": sketch_id}
    return sketches.finish_edit(**given, seen=HERE, draft=stage.draft(**changes))


def test_what_is_typed_is_kept_and_is_neither_a_migration_nor_audited(begun, operator, now):
    kept = keep(operator, now + timedelta(minutes=1), begun)

    sketch = Sketch.objects.get()
    assert (kept.version, kept.at, kept.became) == (2, now + timedelta(minutes=1), None)
    assert (sketch.values, sketch.writer, sketch.begun_from) == (TEXTS, "aa", "a template")
    assert not Migration.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="migration").exists()


def test_the_same_again_is_no_other_version(begun, operator, now):
    assert keep(operator, now, begun).version == 2
    assert keep(operator, now, begun, Seen(2, "aa")).version == 2


@pytest.mark.db_semantics
def test_a_second_page_does_not_overwrite_the_first(begun, operator, now):
    keep(operator, now, begun, Seen(1, "aa"), title="from the first page")

    with pytest.raises(StaleEdit):
        keep(operator, now, begun, Seen(1, "bb"), title="from the second page")

    assert Sketch.objects.get().values == {"title": "from the first page"}
    assert keep(operator, now, begun, Seen(2, "bb"), title="having loaded it").version == 3


def test_a_page_whose_answer_was_lost_goes_on(begun, operator, now):
    keep(operator, now, begun, title="one")

    assert keep(operator, now, begun, title="two").version == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "x" * 70_000}, "description"),
        ({"role": "admin"}, ""),
        ({"options.__class__": "x"}, ""),
        ({f"options.o{n}": "x" for n in range(200)}, ""),
    ],
)
def test_rubbish_is_refused_and_what_was_kept_stays(begun, operator, now, values, field):
    with pytest.raises(InvalidInput) as refused:
        keep(operator, now, begun, **values)

    assert refused.value.problems[0].field == field
    assert "nothing was kept" in refused.value.problems[0].message
    assert Sketch.objects.get().values == {"title": "Move"}


def test_nobody_else_reaches_it(begun, now, approver, viewer):
    for actor in (approver, viewer):
        with pytest.raises(PermissionDenied):
            keep(actor, now, begun)
    with pytest.raises(NotFound):
        sketches.discard(actor=approver, now=now, sketch_id=begun)
    assert Sketch.objects.get().version == 1


@pytest.mark.parametrize("number", [0, -1, 2**70])
def test_one_that_is_not_there(operator, now, number):
    with pytest.raises(NotFound):
        keep(operator, now, number)


def test_starting_over_can_be_taken_back_for_a_day(begun, operator, now):
    sketches.discard(actor=operator, now=now, sketch_id=begun)
    with pytest.raises(NotFound):
        keep(operator, now, begun)

    sketches.restore(actor=operator, now=now, sketch_id=begun)
    assert keep(operator, now, begun).version == 2

    sketches.discard(actor=operator, now=now, sketch_id=begun)
    sketches.begin(actor=operator, now=now + timedelta(days=2), values={})
    with pytest.raises(NotFound):
        sketches.restore(actor=operator, now=now, sketch_id=begun)


@pytest.mark.db_semantics
def test_it_becomes_a_migration_once(stage):
    begun = sketches.begin(actor=stage.operator, now=stage.now, values={})

    made = create(stage, begun)

    assert create(stage, begun) == made
    assert Migration.objects.count() == AuditEntry.objects.filter(action="migration.create").count() == 1
    assert keep(stage.operator, stage.now, begun).became == made
    assert Sketch.objects.get().values == {}


def test_a_refused_migration_leaves_it(stage):
    begun = sketches.begin(actor=stage.operator, now=stage.now, values=TEXTS)

    with pytest.raises(InvalidInput):
        sketches.create(
            actor=stage.operator, now=stage.now, sketch_id=begun, seen=HERE, draft=stage.draft(title="", targets={})
        )

    assert Sketch.objects.get().became is None
    assert Sketch.objects.get().values == TEXTS


def test_a_migration_from_an_older_page_leaves_what_the_newer_one_kept(stage):
    begun = sketches.begin(actor=stage.operator, now=stage.now, values={})
    keep(stage.operator, stage.now, begun, Seen(1, "bb"), title="newer")

    made = create(stage, begun, Seen(1, "aa"))

    assert Migration.objects.get().pk == made
    assert Sketch.objects.get().values == {"title": "newer"}
    assert Sketch.objects.get().became is None


def test_one_that_was_discarded_meanwhile_can_still_be_made(stage):
    assert create(stage, 404) == Migration.objects.get().pk


def test_a_copy_says_of_what(stage):
    original = stage.migration()
    begun = sketches.begin(actor=stage.operator, now=stage.now, values={}, clone_of=original.pk)

    create(stage, begun)

    entry = json.loads(AuditEntry.objects.get(action="migration.clone").body)
    assert entry["after"]["clone_of"] == original.pk


def test_old_ones_go_and_too_many_are_refused(stage, operator, now):
    untouched = sketches.begin(actor=operator, now=now, values={})
    done = sketches.begin(actor=operator, now=now, values={})
    create(stage, done)
    typed = sketches.begin(actor=operator, now=now, values={}, typed=True)
    later = now + timedelta(days=2)

    sketches.begin(actor=operator, now=later, values={})

    left = set(Sketch.objects.values_list("pk", flat=True))
    assert typed in left
    assert not {untouched, done} & left
    for _ in range(MOST_SKETCHES - 2):
        sketches.begin(actor=operator, now=later, values={})
    with pytest.raises(InvalidInput, match="unfinished drafts"):
        sketches.begin(actor=operator, now=later, values={})


@pytest.mark.db_semantics
def test_an_edit_is_found_again_and_saved_once(stage, migration, edit):
    assert begin_edit(stage, migration) == edit

    first = finish_edit(stage, migration, edit, title="Move all")

    assert finish_edit(stage, migration, edit, title="Move all again") == first
    migration.refresh_from_db()
    assert (migration.title, migration.version) == ("Move all", 2)
    assert AuditEntry.objects.filter(action="migration.edit").count() == 1
    assert begin_edit(stage, migration) != edit
    assert Migration.objects.count() == 1


def test_an_edit_that_nobody_typed_into_does_not_outlive_the_migration_s_version(stage, migration):
    before = begin_edit(stage, migration)
    assert begin_edit(stage, migration) == before  # two tabs, one draft
    title = stage.draft(title="Move all")
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=1, draft=title)
    migration.refresh_from_db()

    sketch = Sketch.objects.get(pk=begin_edit(stage, migration))

    assert (sketch.of_version, sketch.values) == (2, {"title": "Move all"})
    with pytest.raises(StaleEdit):
        finish_edit(stage, migration, before)


def test_an_edit_of_what_was_edited_meanwhile_is_refused_and_kept(stage, migration, edit):
    other = stage.draft(title="Not this one")
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=1, draft=other)

    with pytest.raises(StaleEdit):
        finish_edit(stage, migration, edit)

    migration.refresh_from_db()
    assert migration.title == "Not this one"
    assert Sketch.objects.get(pk=edit).values == {"title": "Move all"}
    assert Sketch.objects.get(pk=edit).became is None


def test_an_edit_saves_nothing_elsewhere(stage, migration, edit, begun):
    another = stage.migration(title="Another")
    for sketch_id, wanted in ((edit, another), (begun, migration), (404, migration)):
        with pytest.raises(NotFound):
            finish_edit(stage, wanted, sketch_id, title="Lost")
    assert not Migration.objects.filter(title="Lost").exists()


def test_who_may_not_edit_begins_nothing(stage, migration, viewer, outsider):
    for actor, refusal in ((viewer, PermissionDenied), (outsider, NotFound)):
        with pytest.raises(refusal):
            sketches.begin_edit(actor=actor, now=stage.now, migration_id=migration.pk, values={})
    assert not Sketch.objects.exists()
