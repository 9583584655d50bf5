from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.models import AuditEntry, MaintenanceWindow
from migrations_app.selectors.windows import hours_of, list_windows, window_row
from migrations_app.services import windows
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.parallel import at_once, exceptions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

FIRST = datetime.fromisoformat("2026-03-07T02:00")
SATURDAYS = {"name": "saturdays", "zone": "Europe/Berlin", "first": FIRST, "minutes": 180}
RULE = "FREQ=WEEKLY;BYDAY=SA"


def create(admin, now, environment, **changes):
    return windows.create(
        actor=admin, now=now, environment_id=environment.pk, **{**SATURDAYS, "recurrence": RULE, **changes}
    )


def test_a_window_is_made_recorded_and_says_when_it_opens(admin, now, staging):
    made = create(admin, now, staging, recurrence="rrule:freq=weekly;byday=sa")

    row = window_row(window_id=made, now=now)
    assert (row.recurrence, row.first, row.open_until) == (RULE, FIRST, None)
    assert row.opens_at == datetime(2026, 3, 7, 1, 0, tzinfo=UTC)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.environment, entry.object_id) == ("window.create", "staging", str(made))


def test_an_environment_with_windows_is_open_inside_them_only(admin, now, staging, dev):
    create(admin, now, staging)
    opens = datetime(2026, 3, 7, 1, 0, tzinfo=UTC)

    assert hours_of(dev.pk, now) is None
    assert hours_of(staging.pk, now).opens_at == opens
    assert hours_of(staging.pk, opens).open_until == opens + timedelta(hours=3)


def test_a_window_is_changed_and_archived(admin, now, staging):
    made = create(admin, now, staging)
    windows.edit(actor=admin, now=now, window_id=made, minutes=60, zone="UTC")
    assert hours_of(staging.pk, now).opens_at == datetime(2026, 3, 7, 2, 0, tzinfo=UTC)

    windows.edit(actor=admin, now=now, window_id=made, archived=True)
    windows.edit(actor=admin, now=now, window_id=made, archived=True)
    assert hours_of(staging.pk, now) is None
    assert list_windows(actor=admin, now=now) == ()
    assert [row.archived for row in list_windows(actor=admin, now=now, archived=True)] == [True]
    assert AuditEntry.objects.filter(action="window.edit").count() == 2
    create(admin, now, staging)
    with pytest.raises(InvalidInput, match="already"):
        windows.edit(actor=admin, now=now, window_id=made, archived=False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"zone": "Berlin"}, "zone"),
        ({"zone": 7}, "zone"),
        ({"first": FIRST.replace(tzinfo=UTC)}, "first"),
        ({"first": "tomorrow"}, "first"),
        ({"first": FIRST.replace(year=1900)}, "first"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 7 * 24 * 60 + 1}, "minutes"),
        ({"recurrence": "FREQ=SECONDLY"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2"}, "recurrence"),
        ({"recurrence": "x" * 201}, "recurrence"),
    ],
)
def test_bad_input_names_the_field_and_a_fix_and_changes_nothing(admin, now, staging, given, field):
    with pytest.raises(InvalidInput) as refused:
        create(admin, now, staging, **given)

    assert {problem.field for problem in refused.value.problems} == {field}
    assert all(problem.fix for problem in refused.value.problems)
    assert not MaintenanceWindow.objects.exists()


def test_only_admins_of_the_environment_change_its_windows(admin, operator, outsider, now, staging):
    made = create(admin, now, staging)
    for actor, refusal in ((operator, PermissionDenied), (outsider, NotFound)):
        with pytest.raises(refusal):
            create(actor, now, staging)
        with pytest.raises(refusal):
            windows.edit(actor=actor, now=now, window_id=made, minutes=60)
    with pytest.raises(NotFound):
        windows.edit(actor=admin, now=now, window_id=999, minutes=60)

    assert MaintenanceWindow.objects.get().minutes == 180
    assert AuditEntry.objects.filter(outcome="denied").count() == 4


def test_of_two_windows_of_one_name_at_once_one_is_made(admin, now, staging):
    lost = exceptions(at_once(*[lambda: create(admin, now, staging)] * 2))

    assert [type(error) for error in lost] == [InvalidInput]
    assert MaintenanceWindow.objects.count() == 1


def test_a_window_is_brought_back_where_there_is_room(admin, now, staging, monkeypatch):
    monkeypatch.setattr(windows, "MOST_WINDOWS", 1)
    made = create(admin, now, staging)
    windows.edit(actor=admin, now=now, window_id=made, archived=True)
    another = create(admin, now, staging, name="sundays")

    with pytest.raises(InvalidInput) as refused:
        windows.edit(actor=admin, now=now, window_id=made, archived=False)

    assert [problem.code for problem in refused.value.problems] == ["too_many"]
    windows.edit(actor=admin, now=now, window_id=another, archived=True)
    windows.edit(actor=admin, now=now, window_id=made, archived=False)
    assert hours_of(staging.pk, now) is not None
