from datetime import timedelta

import pytest

from migrations_app.models import RoleGrant
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.sketches import Written, my_sketch, my_sketches, written_before
from migrations_app.services import sketches
from migrations_app.services.sketches import Seen

pytestmark = pytest.mark.django_db


def test_ones_own_that_something_was_typed_into(operator, approver, now):
    sketches.begin(actor=operator, now=now, values={"title": "untouched"})
    first = sketches.begin(actor=operator, now=now, values={"title": " first "}, typed=True)
    second = sketches.begin(actor=operator, now=now + timedelta(hours=1), values={}, begun_from="YAML", typed=True)

    assert [(row.id, row.title, row.begun_from) for row in my_sketches(actor=operator)] == [
        (second, "", "YAML"),
        (first, "first", ""),
    ]
    assert my_sketches(actor=approver) == ()
    with pytest.raises(NotFound):
        my_sketch(actor=approver, sketch_id=first)


def test_one_says_what_it_holds_and_what_it_became(stage, operator, now):
    begun = sketches.begin(actor=operator, now=now, values={"title": "Move", "options.batch_size": "10"})
    page = my_sketch(actor=operator, sketch_id=begun)
    assert (page.values, page.version, page.touched) == ({"title": "Move", "options.batch_size": "10"}, 1, False)

    made = sketches.create(actor=operator, now=now, sketch_id=begun, seen=Seen(1, ""), draft=stage.draft())

    assert my_sketch(actor=operator, sketch_id=begun).became == made.migration_id
    assert my_sketches(actor=operator) == ()
    with pytest.raises(NotFound):
        my_sketch(actor=operator, sketch_id=2**70)


def test_what_is_edited_or_copied_says_what_its_author_gave(stage, operator, viewer, now):
    original = stage.migration(description="Why")
    edit = sketches.begin_edit(actor=operator, now=now, migration_id=original.pk, values={})
    copy = sketches.begin(actor=operator, now=now, values={}, clone_of=original.pk)
    new = sketches.begin(actor=operator, now=now, values={})

    said = Written(original.handler, original.parameters, original.options, "Why")
    assert [written_before(actor=operator, sketch_id=one) for one in (edit, copy, new)] == [said, said, None]
    assert written_before(actor=viewer, sketch_id=edit) is None, "of somebody else's draft"
    RoleGrant.objects.filter(person=operator.person_id).delete()
    assert written_before(actor=operator, sketch_id=copy) is None, "of a migration that one may no longer see"
    assert written_before(actor=operator, sketch_id=2**70) is None
