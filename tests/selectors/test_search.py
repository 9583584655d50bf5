import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.engine.events import EventType
from migrations_app.selectors import search as searching
from migrations_app.selectors.search import quick, search
from migrations_app.selectors.search_table import NOUNS
from migrations_app.services.actor import Actor
from tests.selectors.journal import event, told
from tests.stores_on_disk import Stage, newest

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def found(actor: Actor, q: str, **more: int) -> list[tuple[str, str]]:
    return [(hit.kind, hit.title) for hit in search(actor=actor, q=q, **more).hits]


def test_each_kind_is_found_by_what_people_call_it(stage: Stage, viewer: Actor, outsider: Actor) -> None:
    migration = stage.planned(title="Move the shop’s carts")

    assert found(viewer, "shop CARTS") == [("migration", "Move the shop’s carts")]
    assert found(viewer, f"#{migration.pk}")[0] == ("migration", "Move the shop’s carts")
    assert found(viewer, newest(migration).digest[:12]) == [("plan", f"Plan {newest(migration).digest[:12]}")]
    assert found(viewer, "sessions-so") == [("target", "sessions-source")]
    assert found(viewer, "source.sqlite3") == [("target", "sessions-source")]
    assert found(viewer, "stagi") == [("environment", "staging"), ("policy", "Plans in staging")]
    assert found(outsider, "sessions") == found(outsider, str(migration.pk)) == []


def test_runs_are_found_by_number_and_by_filters(viewer: Actor, now: object) -> None:
    run = told(event(EventType.RUN_STARTED), start=now)
    place = run.migration.environment.name

    assert found(viewer, f"run {run.pk}") == [("run", f"Run {run.pk}")]
    assert found(viewer, f"kind:runs state:running env:{place[:3]}") == [("run", f"Run {run.pk}")]
    assert found(viewer, "kind:run state:failed") == []


@pytest.mark.parametrize("q", ["", "   ", "\x00", "nothing like this", "9" * 40, "x" * 10_000, "kind:run nowhere"])
def test_nothing_is_found_quietly(stage: Stage, viewer: Actor, q: str) -> None:
    assert found(viewer, q) == []
    assert quick(actor=viewer, q=q, limit=8, each=3) == ()


def test_what_nothing_can_answer_is_said(stage: Stage, viewer: Actor) -> None:
    notes = search(actor=viewer, q=f"kind:moon state:blue env:mars {'x ' * 9}").notes

    assert [note.split(".")[0].split(" (")[0] for note in notes] == [
        "There is no kind “moon”",
        "Nothing has the state “blue”",
        "No environment that you may see begins with “mars”",
        "Only the first 8 words were looked for",
    ]
    assert search(actor=viewer, q="kind:run state:failed env:prod").notes == ()


def test_a_misspelt_word_is_asked_back_from_names_that_one_may_see(
    stage: Stage, viewer: Actor, outsider: Actor
) -> None:
    stage.migration(title="Move the portal’s sessions")

    assert search(actor=viewer, q="kind:migration prtal sesions").instead == "kind:migration portal sessions"
    assert search(actor=viewer, q="zzzzzz").instead == ""
    assert search(actor=viewer, q="prtal state:failed").instead == "", "what finds nothing either is no help"
    assert search(actor=outsider, q="prtal sesions").instead == ""


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_everything_once_while_new_rows_arrive(stage: Stage, viewer: Actor, limit: int) -> None:
    for number in range(2):
        stage.migration(title=f"sessions {number}", description="sessions")
    stage.planned(title="Move the sessions")
    whole = search(actor=viewer, q="sessions").hits
    seen: list[tuple[str, int]] = []
    cursor, pages = "", 0
    while cursor or not pages:
        page = search(actor=viewer, q="sessions", limit=limit, cursor=cursor)
        seen += [(hit.kind, hit.id) for hit in page.hits]
        cursor, pages = page.next_cursor, pages + 1
        stage.migration(title=f"sessions, later {pages}")

    old = [(hit.kind, hit.id) for hit in whole]
    assert [hit for hit in seen if hit in old] == old
    assert len(seen) == len(set(seen))
    assert [hit.kind for hit in whole[:2]] == ["migration", "migration"]
    assert whole[0].id > whole[1].id, "of equally good ones the newest is first"


@pytest.mark.parametrize("cursor", ["x", "0.moon.1", "9.run.5", "-1.run.1", "0.run." + "9" * 40, "0.run.1\n", "é"])
def test_any_cursor_is_answered(stage: Stage, viewer: Actor, cursor: str) -> None:
    assert set(search(actor=viewer, q="sessions", cursor=cursor).hits) <= set(search(actor=viewer, q="sessions").hits)


def test_counts_stop_where_nobody_compares_any_more(
    stage: Stage, viewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        stage.migration(title=f"sessions {number}")
    monkeypatch.setattr(searching, "MOST_COUNTED", 3)

    few = search(actor=viewer, q="sessions", limit=2)
    of_one_kind = search(actor=viewer, q="kind:target sessions")

    assert [(facet.kind, facet.counted) for facet in few.facets] == [("migration", "3+"), ("target", "2")]
    assert few.counted == "5+"
    assert [facet.q for facet in few.facets] == ["kind:migration sessions", "kind:target sessions"]
    assert [(facet.kind, facet.count) for facet in of_one_kind.facets] == [("migration", 3), ("target", 2)]
    assert (of_one_kind.total, of_one_kind.q_everywhere) == (2, "sessions")
    assert len(quick(actor=viewer, q="sessions", limit=3, each=2)) == 3


def test_it_takes_as_many_queries_for_many_rows_as_for_one(stage: Stage, admin: Actor) -> None:
    def taken() -> int:
        with CaptureQueriesContext(connection) as caught:
            search(actor=admin, q="sessions", limit=2)
        return len(caught)

    stage.planned(title="sessions")
    few = taken()
    for number in range(3):
        stage.planned(title=f"sessions {number}")

    assert few <= taken() <= 2 * len(NOUNS) + 6
