"""The tabs of the inbox, and one entry that is marked as read and unread again."""

import re
from datetime import datetime

import pytest
from django.test import Client

from migrations_app.models import Notification
from migrations_app.services import notifications
from tests.cast import Cast
from tests.stores_on_disk import Stage
from tests.web.door import signed_in


@pytest.fixture
def told(stage: Stage, cast: Cast, now: datetime) -> dict[str, int]:
    """One of each tab, by its text."""
    mine, plan = [cast.people["approver"]], stage.migration()
    for kind, text in (("signature_wanted", "sign this"), ("review_approved", "over"), ("run_succeeded", "news")):
        notifications.tell(mine, now=now, kind=kind, text=text, migration=plan)
    return dict(Notification.objects.values_list("text", "pk"))


@pytest.fixture
def client(told: dict[str, int]) -> Client:
    return signed_in("approver")


@pytest.mark.parametrize(
    ("tab", "shown"), [("", "sign this"), ("?tab=news", "news"), ("?tab=earlier", "over"), ("?tab=no", "sign this")]
)
def test_each_tab_is_an_address_and_shows_its_own(client: Client, tab: str, shown: str) -> None:
    text = client.get(f"/inbox/{tab}").content.decode()

    assert [what for what in ("sign this", "news", "over") if f">{what}</a>" in text] == [shown]
    assert len(re.findall(r'class="tab" [^>]*aria-current="page"', text)) == 1
    assert 'News<span class="count">1' in text


def test_one_is_marked_as_read_and_taken_back(client: Client, told: dict[str, int]) -> None:
    item = told["news"]

    marked = client.post(f"/inbox/{item}/read/", headers={"HX-Request": "true"}).content.decode()
    assert f'action="/inbox/{item}/unread/"' in marked
    assert "Mark as read" not in marked
    row = Notification.objects.get(pk=item)
    assert row.read_at is not None
    assert row.done_at is not None

    assert client.post(f"/inbox/{item}/unread/").status_code == 302
    row.refresh_from_db()
    assert (row.read_at, row.done_at) == (None, None)


def test_without_a_script_the_page_comes_back_with_the_way_to_undo(client: Client, told: dict[str, int]) -> None:
    came_from = {"Referer": "http://testserver/inbox/?tab=news"}

    answer = client.post(f"/inbox/{told['news']}/read/", headers=came_from, follow=True)

    assert answer.redirect_chain == [("/inbox/?tab=news", 302)]
    assert f'action="/inbox/{told["news"]}/unread/"' in answer.content.decode()


def test_nobody_marks_what_others_were_told(client: Client, told: dict[str, int]) -> None:
    signed_in("operator").post(f"/inbox/{told['news']}/read/")

    assert Notification.objects.get(pk=told["news"]).read_at is None


def test_what_is_over_asks_for_nothing(client: Client) -> None:
    text = client.get("/inbox/?tab=earlier").content.decode()

    assert '<span class="badge">over</span>' in text
    assert '<span class="badge accent">new</span>' not in text
    assert "hx-post" not in text[text.index('class="list inbox') :]
