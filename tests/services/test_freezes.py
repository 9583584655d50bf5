from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Freeze
from migrations_app.selectors.freezes import FreezeState, freeze_row, freezes_in_force, list_freezes
from migrations_app.services import freezes
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

DAY = timedelta(days=1)


def create(admin, now, environment, **changes):
    environment_id = environment.pk if environment else None
    values = {"reason": "quarter end", "ends_at": now + DAY, "environment_id": environment_id, **changes}
    return freezes.create(actor=admin, now=now, **values)


def test_a_freeze_holds_in_its_environment_until_it_ends(admin, now, staging, dev):
    made = create(admin, now, staging)

    (fact,) = freezes_in_force(staging.pk, now)
    assert (fact.where, fact.until, fact.reason) == ("staging", now + DAY, "quarter end")
    assert not freezes_in_force(dev.pk, now)
    assert not freezes_in_force(staging.pk, now + DAY)
    assert freeze_row(freeze_id=made, now=now).state is FreezeState.IN_FORCE
    assert freeze_row(freeze_id=made, now=now + DAY).state is FreezeState.OVER
    assert AuditEntry.objects.get().action == "freeze.create"


def test_a_freeze_of_everything_holds_everywhere_from_its_beginning_on(admin, now, staging, dev):
    made = create(admin, now, None, begins_at=now + DAY, ends_at=now + 2 * DAY)

    assert not freezes_in_force(dev.pk, now)
    assert [fact.where for fact in freezes_in_force(dev.pk, now + DAY)] == ["every environment"]
    assert freezes_in_force(staging.pk, now + DAY)
    assert freeze_row(freeze_id=made, now=now).state is FreezeState.AHEAD


def test_a_lifted_freeze_is_over_at_once_and_for_good(admin, now, staging):
    made = create(admin, now, staging)
    freezes.lift(actor=admin, now=now + timedelta(hours=1), freeze_id=made)

    assert not freezes_in_force(staging.pk, now + timedelta(hours=1))
    row = freeze_row(freeze_id=made, now=now + timedelta(hours=1))
    assert (row.state, row.lifted_by, row.over_at) == (FreezeState.LIFTED, "admin", now + timedelta(hours=1))
    for change in (lambda: freezes.lift(actor=admin, now=now, freeze_id=made), lambda: edit(admin, now, made)):
        with pytest.raises(Conflict, match="is over"):
            change()
    assert list_freezes(actor=admin, now=now) == ()
    assert len(list_freezes(actor=admin, now=now, past=True)) == 1


def edit(admin, now, freeze_id, **changes):
    freezes.edit(actor=admin, now=now, freeze_id=freeze_id, **{"reason": "longer", **changes})


def test_a_freeze_is_changed(admin, now, staging):
    made = create(admin, now, staging)
    edit(admin, now, made, ends_at=now + 3 * DAY)

    assert freezes_in_force(staging.pk, now + 2 * DAY)[0].reason == "longer"
    with pytest.raises(InvalidInput, match="ends before"):
        edit(admin, now, made, begins_at=now + 4 * DAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"ends_at": None}, "ends_at"),
        ({"ends_at": "later"}, "ends_at"),
        ({"begins_at": "now"}, "begins_at"),
    ],
)
def test_bad_input_names_the_field(admin, now, staging, changes, field):
    with pytest.raises(InvalidInput) as refused:
        create(admin, now, staging, **changes)

    assert {problem.field for problem in refused.value.problems} == {field}
    assert not Freeze.objects.exists()


def test_a_freeze_that_is_past_or_turned_round_is_refused(admin, now, staging):
    for changes in ({"ends_at": now}, {"begins_at": now + 2 * DAY}):
        with pytest.raises(InvalidInput) as refused:
            create(admin, now, staging, **changes)
        assert {problem.field for problem in refused.value.problems} == {"ends_at"}


def test_only_admins_freeze_and_only_one_of_everywhere_freezes_everything(admin, operator, outsider, now, staging):
    made = create(admin, now, None)
    for actor in (operator, outsider):
        with pytest.raises((PermissionDenied, NotFound)):
            create(actor, now, staging)
        with pytest.raises(PermissionDenied):
            freezes.lift(actor=actor, now=now, freeze_id=made)
    with pytest.raises(NotFound):
        freezes.lift(actor=admin, now=now, freeze_id=999)

    assert Freeze.objects.get().lifted_at is None
