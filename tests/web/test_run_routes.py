"""The page of a zero-downtime run: its route, its buttons, its words."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RouteSeries
from migrations_app.models import Person, Route, Run
from migrations_app.models.actor import Actor
from migrations_app.runtime.route_samples import keep
from tests.hand_overs import DUAL_A, DUAL_B, lease, panel, parked, route, zero_downtime_run
from tests.runs import a_run

pytestmark = pytest.mark.django_db
GATE = {"id": "G1", "title": "A clean pass", "value": "5 compared", "why": "a pass is to come", "open": False}


def signed_in(username: str) -> Client:
    """Without the login form, which takes only so many logins a minute."""
    client = Client(headers={"Referer": "http://testserver/runs/"})
    client.force_login(Person.objects.get(username=username))
    return client


@pytest.fixture
def run(operator: Actor) -> Run:
    run = zero_downtime_run()
    row = route((0, 25, DUAL_B), (26, 255, DUAL_A))
    now = timezone.now()
    panel(row, "relay", at=now, lag_p99_ms=38)
    panel(row, "verifier", at=now, compared=1_000, repaired_in_all=3)
    panel(row, "gates", at=now, gates=[GATE], buckets=25)
    lease(row, "web-1", renewed_at=now, expires_at=now + timedelta(minutes=1), counters={"operations": 5_000})
    return run


def test_the_page_shows_the_route_and_asks_for_it_anew(run: Run) -> None:
    client = signed_in("viewer")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    alone = client.get(f"/runs/{run.pk}/route/").content.decode()
    for text in (page, alone):
        for words in (
            f'data-every="1000" data-poll="/runs/{run.pk}/route/" data-live="true"',
            "26 of 256 buckets are served by new.",
            "Hand-over<small>26 of 256 buckets over</small>",
            "38 ms",
            "A pass is to come.",
            "1,000 sessions compared both ways",
            "web-1",
        ):
            assert words in text, words
        assert "style=" not in text
    assert "<html" not in alone


def test_the_charts_have_axes_a_sentence_and_a_table_from_the_beginning(run: Run) -> None:
    client = signed_in("viewer")
    empty = client.get(f"/runs/{run.pk}/charts/").content.decode()
    assert 'aria-label="Relay lag: nothing was reported yet."' in empty
    keep(Route.objects.get().pk, RouteSeries.LAG, 38, now=timezone.now())
    for address in ("", "charts/"):
        page = client.get(f"/runs/{run.pk}/{address}").content.decode()
        assert 'role="img" aria-label="Relay lag, ms from a write to its copy, p99: 38 at ' in page
        assert '<details class="disclosure" id="lag-data">' in page
        assert "style=" not in page


def test_a_run_that_moves_no_route_asks_for_none(operator: Actor) -> None:
    run = a_run()
    client = signed_in("viewer")
    assert b"run-route" not in client.get(f"/runs/{run.pk}/").content
    assert client.get(f"/runs/{run.pk}/route/").content.strip() == b""
    assert signed_in("outsider").get(f"/runs/{run.pk}/route/").status_code == 404


@pytest.mark.parametrize(("address", "order"), [("cut-over", "go"), ("postpone", "hold"), ("bring-back", "back")])
def test_a_button_is_an_order(run: Run, address: str, order: str) -> None:
    client = signed_in("operator")
    answer = client.post(f"/runs/{run.pk}/{address}/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b'id="run-actions"' in answer.content
    assert Run.objects.get().cutover == order


def test_the_pace_is_set_and_taken_back(operator: Actor) -> None:
    run = zero_downtime_run(done=("prepare",))
    client = signed_in("operator")
    for given, pace in (("5,000", 5_000), ("", 0)):
        assert client.post(f"/runs/{run.pk}/throttle/", {"most_a_second": given}).status_code == 302
        assert Run.objects.get().most_a_second == pace
    refused = client.post(f"/runs/{run.pk}/throttle/", {"most_a_second": "fast"}, follow=True)
    assert Run.objects.get().most_a_second == 0
    assert b"whole number" in refused.content


@pytest.mark.parametrize(
    ("reason", "badge", "words"),
    [
        ("soak", "soaking", "the new state proves itself"),
        ("held", "held", "the hand-over waits for a person"),
    ],
)
def test_what_a_run_is_parked_for_is_said_on_its_page_and_in_lists(
    run: Run, reason: str, badge: str, words: str
) -> None:
    until = {"wake_at": (timezone.now() + timedelta(minutes=5)).isoformat()} if reason == "soak" else {}
    parked(run, reason, **until)
    client = signed_in("viewer")
    page, listed = (client.get(path).content.decode() for path in (f"/runs/{run.pk}/", "/runs/"))
    assert f"data-announce>{badge}</span>" in page
    assert words in page
    assert f">{badge}</span>" in listed
    assert ("left to prove itself" if reason == "soak" else words) in listed


def test_a_disabled_order_says_why(run: Run) -> None:
    page = signed_in("operator").get(f"/runs/{run.pk}/actions/").content.decode()
    assert "Hand over now: it hands over by itself as soon as every gate is open." in page
    held = Run.objects.get()
    parked(held, "held")
    page = signed_in("operator").get(f"/runs/{run.pk}/actions/").content.decode()
    assert re.search(r'class="button primary" type="submit"[^>]* data-key-target="next">Hand over now', page)


def test_the_buttons_are_asked_for_anew_once_the_run_waits_for_a_person(run: Run) -> None:
    """What waits for a release has a next action, although every order stays as it was."""
    client = signed_in("operator")

    def orders() -> str:
        text = client.get(f"/runs/{run.pk}/route/").content.decode()
        return text.partition('data-orders="')[2].partition('"')[0]

    before = orders()
    parked(run, ParkedFor.HELD)
    assert before.endswith(";")
    assert orders().endswith(";held")
