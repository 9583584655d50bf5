import html
from datetime import datetime

import pytest

from migrations_app.models import AuditEntry, MaintenanceWindow, Webhook
from migrations_app.services import windows
from tests.cast import NOW, Cast
from tests.web.door import signed_in, untouched

pytestmark = pytest.mark.django_db


def made(cast: Cast, kind: str) -> tuple[str, str]:
    """Where its list is, and its own page. A second one takes the name as soon as it is free."""
    actor, staging = cast.actors["admin"], cast.environments["staging"]
    if kind == "webhook":
        fresh = {"created_at": NOW, "changed_at": NOW, "kinds": ["run.failed"], "address": "127.0.0.1/"}
        return "/settings/webhooks/", f"/settings/webhooks/{Webhook.objects.create(name='nights', **fresh).pk}/"
    first = datetime.fromisoformat("2098-01-02T02:00")
    rule = {"zone": "UTC", "first": first, "minutes": 60, "recurrence": "FREQ=WEEKLY;BYDAY=SA"}
    window = windows.create(actor=actor, now=NOW, environment_id=staging.pk, name="nights", **rule)
    return f"/environments/{staging.pk}/", f"/windows/{window}/"


@pytest.mark.parametrize(
    ("kind", "model", "back"),
    [
        ("webhook", Webhook, "Brought back: what happens from now on is sent to it."),
        ("window", MaintenanceWindow, "Brought back: runs start in staging inside its windows only."),
    ],
)
def test_what_is_archived_is_found_and_brought_back(
    cast: Cast, kind: str, model: type[Webhook] | type[MaintenanceWindow], back: str
) -> None:
    admin = signed_in("admin")
    listed, one = made(cast, kind)
    page = f"{one}edit/" if kind == "window" else one
    left = admin.post(page, untouched(admin.get(page).content) | {"archive": "1"}, follow=True)
    assert left.redirect_chain == [(listed, 302)]
    assert left.content.decode().count(f'action="{one}restore/"') == 2, "to undo it, and in the list of archived ones"
    found = admin.get("/search/", {"q": f"kind:{kind} state:archived nights"}).content.decode()
    assert f'href="{one if kind == "webhook" else listed}"' in found
    assert 'class="badge">archived<' in admin.get(page).content.decode()
    stays = admin.post(page, untouched(admin.get(page).content) | {"name": "late nights"}, follow=True)
    assert "Saved. It stays archived." in stays.content.decode()

    row = model.objects.get()
    taker = model.objects.get()
    taker.pk, taker.name, taker.archived_at = None, "late nights", None
    taker.save(force_insert=True)
    alone = admin.post(f"{one}restore/", follow=True)
    assert alone.redirect_chain == [(page, 302)]
    said = f"It stays archived. There is a {kind} “late nights” already. Choose another name."
    assert said in html.unescape(alone.content.decode())
    refused = admin.post(page, untouched(alone.content) | {"restore": "1"})
    assert (refused.status_code, refused.content.count(b"has-problem")) == (422, 1)
    again = admin.post(page, untouched(refused.content) | {"name": "nights", "restore": "1"}, follow=True)
    assert back in html.unescape(again.content.decode())

    row.refresh_from_db()
    assert (row.archived_at, row.name) == (None, "nights")
    assert AuditEntry.objects.filter(action=f"{kind}.edit", outcome="allowed").count() == 3
    version = row.version
    twice = admin.post(f"{one}restore/", follow=True)
    assert twice.redirect_chain == [(listed, 302)], "a second click"
    row.refresh_from_db()
    assert row.version == version
    assert signed_in("operator").post(f"{one}restore/").status_code in (302, 403)
    row.refresh_from_db()
    assert row.version == version


def test_a_window_whose_times_are_over_says_so_when_it_is_brought_back(cast: Cast) -> None:
    admin, actor, staging = signed_in("admin"), cast.actors["admin"], cast.environments["staging"]
    once = {"name": "once", "zone": "UTC", "first": datetime.fromisoformat("2020-01-01T02:00"), "minutes": 60}
    made_once = windows.create(actor=actor, now=NOW, environment_id=staging.pk, **once)
    windows.edit(actor=actor, now=NOW, window_id=made_once, archived=True)

    assert signed_in("viewer").get(f"/environments/{staging.pk}/").content.decode().count("/restore/") == 0
    back = admin.post(f"/windows/{made_once}/restore/", follow=True)

    assert "Its times are over, so it opens no more by itself." in back.content.decode()


def test_the_webhook_of_the_settings_is_brought_back_there(cast: Cast) -> None:
    known = {"created_at": NOW, "changed_at": NOW, "kinds": ["run.failed"], "address": "127.0.0.1/"}
    row = Webhook.objects.create(name="progress_webhook", from_settings=True, archived_at=NOW, **known)

    admin = signed_in("admin")
    assert f"/{row.pk}/restore/" not in admin.get("/settings/webhooks/").content.decode()
    left = admin.post(f"/settings/webhooks/{row.pk}/restore/", follow=True)

    assert "It stays archived. This one is `progress_webhook` of the settings." in left.content.decode()
    row.refresh_from_db()
    assert row.archived_at == NOW
