from datetime import timedelta

import pytest

from migrations_app.models import Freeze, MaintenanceWindow
from tests.web.door import opened_form, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = {"name": "Saturday night", "zone": "Europe/Berlin", "first": "2027-01-02T02:00", "minutes": "180"}


def test_an_admin_makes_changes_and_archives_a_window(staging):
    admin = signed_in("admin")
    where = f"/environments/{staging.pk}/windows/new/"
    assert admin.get(where).status_code == 200
    assert admin.post(where, {**WINDOW, "repeats": "FREQ=WEEKLY", "rule": ""}).status_code == 302
    row = MaintenanceWindow.objects.get()
    assert (row.recurrence, row.minutes, str(row.first_time)) == ("FREQ=WEEKLY", 180, "02:00:00")
    assert "Saturday night" in admin.get(f"/environments/{staging.pk}/").content.decode()

    one = f"/windows/{row.pk}/edit/"
    assert 'value="2027-01-02T02:00"' in admin.get(one).content.decode()
    assert admin.post(one, {**WINDOW, **opened_form(admin, one), "rule": "FREQ=MONTHLY;BYDAY=1SA"}).status_code == 302
    assert 'value="FREQ=MONTHLY;BYDAY=1SA"' in admin.get(one).content.decode()
    admin.post(one, {**opened_form(admin, one), "archive": "1"})
    assert MaintenanceWindow.objects.get().archived_at is not None
    assert "No window: runs start at any time here." in admin.get(f"/environments/{staging.pk}/").content.decode()


@pytest.mark.parametrize(
    "change",
    [{"first": "soon"}, {"first": ""}, {"zone": "Berlin"}, {"minutes": "x"}, {"rule": "FREQ=HOURLY"}, {"name": ""}],
)
def test_a_bad_field_is_said_at_its_place_and_what_was_typed_stays(staging, change):
    answer = signed_in("admin").post(f"/environments/{staging.pk}/windows/new/", {**WINDOW, **change})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count("has-problem") == 1
    assert change.get("name", "Saturday night") in text
    assert not MaintenanceWindow.objects.exists()


def test_a_freeze_is_made_and_lifted(now, staging):
    admin = signed_in("admin")
    assert admin.get("/freezes/new/").status_code == 200
    assert admin.post("/freezes/new/", {"reason": "quarter end", "ends_at": "later"}).status_code == 422
    wish = {"reason": "quarter end", "ends_at": "2099-01-01T00:00", "environment": str(staging.pk)}
    assert admin.post("/freezes/new/", wish).status_code == 302
    row = Freeze.objects.get()
    assert row.environment == staging
    assert row.ends_at - row.begins_at > timedelta(days=365)
    assert "quarter end" in admin.get("/calendar/").content.decode()

    here = f"/environments/{staging.pk}/"
    assert admin.post(f"/freezes/{row.pk}/lift/", {"next": here})["Location"] == here
    assert Freeze.objects.get().lifted_at is not None
    assert admin.post("/freezes/new/", wish).status_code == 302
    away = {"next": "https://elsewhere.example/"}
    assert admin.post(f"/freezes/{row.pk + 1}/lift/", away)["Location"] == "/calendar/"


def test_others_see_no_forms_and_are_refused(staging):
    operator = signed_in("operator")

    assert "New window" not in operator.get(f"/environments/{staging.pk}/").content.decode()
    operator.post(f"/environments/{staging.pk}/windows/new/", WINDOW)
    operator.post("/freezes/new/", {"reason": "x", "ends_at": "2099-01-01T00:00"})
    assert not MaintenanceWindow.objects.exists()
    assert not Freeze.objects.exists()
