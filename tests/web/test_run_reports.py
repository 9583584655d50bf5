import pytest
from allauth.account.models import EmailAddress

from migrations_app.models import AuditEntry, Delivery
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.selectors.reports.stories import much

pytestmark = pytest.mark.django_db


def test_the_button_sends_to_whom_one_ticks_and_the_page_shows_what_became_of_it(client, now, admin, people):
    clock, run = ManualClock(now), much(now)
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_failed", channel)
    EmailAddress.objects.create(user=people["viewer"], email="viewer@example.org", verified=True, primary=True)
    page = f"/runs/{run.pk}/report/"
    client.force_login(people["operator"])
    shown = client.get(page).content.decode()
    assert f'name="channels" value="{channel}"' in shown
    assert f'name="people" value="{people["viewer"].pk}"' in shown

    sent = client.post(
        f"{page}send/", {"channels": [channel], "people": [people["viewer"].pk], "forms": ["pdf", "exe"]}, follow=True
    ).content.decode()
    assert "2 messages are on the way." in sent
    assert "Sent 2 times" in sent
    assert Delivery.objects.filter(run=run).count() == 2
    nobody = client.post(f"{page}send/", {"forms": ["pdf"]}, follow=True).content.decode()
    assert "Nobody would get it." in nobody

    client.force_login(people["viewer"])
    assert "report-send" not in client.get(page).content.decode()
    client.post(f"{page}send/", {"channels": [channel], "forms": ["pdf"]})
    assert Delivery.objects.count() == 2
    denied = AuditEntry.objects.get(action="run.send_report", outcome="denied")
    assert denied.actor == "viewer"
