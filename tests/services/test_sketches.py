import json
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Migration, Sketch
from migrations_app.services import sketches
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
    return sketches.create(actor=stage.operator, now=stage.now, sketch_id=sketch_id, seen=seen, draft=stage.draft())


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
