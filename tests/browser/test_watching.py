"""A long run as it is watched: its log of 200,000 lines, a cut connection, a tab that nobody looks at."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Response, WebSocketRoute, expect

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import Run
from migrations_app.runtime import journal
from tests.browser.log_page import LogPage
from tests.browser.pages import SLOW
from tests.browser.people import People
from tests.browser.site import Site
from tests.cast import Cast
from tests.doorbell import rings_over
from tests.long_logs import RARE, lengthen
from tests.parallel import in_thread
from tests.runs import a_run

pytestmark = [pytest.mark.browser, pytest.mark.servers]
LENGTH = 200_000
TURN = """hidden => {
  Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def run(company: Cast, site: Site) -> Iterator[Run]:
    with rings_over(site.broker):
        run = a_run()
        say(run, 1)
        yield run


@pytest.fixture
def long_run(run: Run) -> Run:
    lengthen(run, LENGTH)
    return run


def say(run: Run, lines: int) -> None:
    events = [NewEvent(EventType.LOGGED, payload={"level": "info", "message": f"said {n}"}) for n in range(lines)]
    journal.append_by_person(run, events, now=datetime.now(UTC))
    run.refresh_from_db()


def watched(page: Page, run: Run) -> LogPage:
    shown = LogPage(page)
    shown.open(run.pk)
    expect(shown.live).to_have_attribute("data-state", "live", timeout=SLOW)
    page.locator("#run-log").scroll_into_view_if_needed()
    return shown


def test_a_long_log_opens_at_its_tail_and_every_line_is_near(long_run: Run, people: People) -> None:
    page = people.sign_in("viewer")
    shown = watched(page, long_run)
    assert shown.sequence == list(range(LENGTH - 199, LENGTH + 1))
    expect(shown.line(LENGTH)).to_be_in_viewport()

    page.get_by_role("link", name="199,800 older lines").click()
    expect(page.get_by_role("link", name="199,600 older lines")).to_be_attached(timeout=SLOW)
    assert shown.sequence == list(range(LENGTH - 399, LENGTH + 1))
    expect(shown.follow).not_to_be_checked()

    page.get_by_label("Search in the log").fill("Needle in batch 10007 of")
    expect(shown.found).to_have_text("1 line in all 200,000", timeout=SLOW)
    page.locator("#log-hits a").first.click()
    expect(shown.line(RARE)).to_be_in_viewport()
    expect(shown.line(RARE)).to_have_attribute("aria-current", "true")
    assert page.url.endswith(f"?at={RARE}#e{RARE}")

    for address in ("#e1234", "?at=1234#e1234"):
        page.goto("about:blank")
        page.goto(f"/runs/{long_run.pk}/{address}")
        expect(shown.line(1234)).to_be_in_viewport()
        expect(shown.line(1234)).to_have_attribute("aria-current", "true")
    expect(shown.follow).not_to_be_checked()
    in_thread(lambda: say(long_run, 3))
    expect(page.get_by_role("link", name=f"{LENGTH + 3 - shown.sequence[-1]:,} newer lines")).to_be_attached(
        timeout=SLOW
    )

    shown.follow.check()
    expect(shown.line(LENGTH + 3)).to_be_in_viewport(timeout=SLOW)
    assert shown.sequence == list(range(LENGTH - 196, LENGTH + 4))


def test_a_cut_connection_and_an_unwatched_tab_lose_and_repeat_nothing(run: Run, people: People) -> None:
    page = people.sign_in("viewer")
    sockets: list[WebSocketRoute] = []
    heard: list[str] = []
    cut = False

    def route(socket: WebSocketRoute) -> None:
        if cut:
            socket.close()
            return
        server = socket.connect_to_server()

        def passed_on(text: str | bytes) -> None:
            heard.append(str(text))
            socket.send(text)

        server.on_message(passed_on)
        sockets.append(socket)

    page.route_web_socket("**/ws/live/", route)
    shown = watched(page, run)
    in_thread(lambda: say(run, 5))
    expect(shown.line(run.last_seq)).to_be_in_viewport(timeout=SLOW)

    cut = True
    sockets[-1].close()
    expect(shown.live).to_have_text("reconnecting", timeout=SLOW)
    in_thread(lambda: say(run, 40))
    cut = False
    expect(shown.line(run.last_seq)).to_be_in_viewport(timeout=SLOW)
    expect(shown.live).to_have_text("live")
    assert shown.sequence == list(range(1, run.last_seq + 1))

    fetched: list[Response] = []
    page.on("response", lambda answer: fetched.append(answer))
    page.evaluate(TURN, True)
    page.evaluate("new Promise(done => setTimeout(done))")
    before, heard_before = shown.sequence, len(heard)
    in_thread(lambda: say(run, 900))
    page.evaluate("new Promise(done => setTimeout(done, 1000))")
    assert (shown.sequence, len(heard)) == (before, heard_before)

    page.evaluate(TURN, False)
    expect(shown.line(run.last_seq)).to_be_in_viewport(timeout=SLOW)
    assert shown.sequence == list(range(run.last_seq - 499, run.last_seq + 1))
    expect(page.get_by_role("link", name=f"{run.last_seq - 500} older lines")).to_be_attached()
    assert [answer.url for answer in fetched if "/lines/" in answer.url] == []
