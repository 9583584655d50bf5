"""What a search finds and what the pages let one see are the same, for every kind and every role.

The pages are asked, not the permissions: a hit whose page refuses fails, and so does a page that opens unfound.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.models import Alert, AlertChannel, AlertRule, Person, StoredSecret
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access
from migrations_app.selectors.search import search
from migrations_app.selectors.search_nouns import Reader, SearchHit
from migrations_app.selectors.search_table import KINDS, NOUNS
from tests.cast import NOW, actor_of
from tests.doors.scene import ELSEWHERE, HERE, Scene, rolled_back
from tests.doors.walking import client_of

pytestmark = pytest.mark.django_db
EVERYBODY = [(role, where) for role in ("viewer", "operator", "auditor", "admin") for where in (HERE, ELSEWHERE)]
HAS_ITS_OWN_PAGE = (
    "migration", "run", "target", "environment", "policy", "person", "webhook", "alert_rule", "alert_channel",
    "audit",
)  # fmt: skip
OWN = ("token", "filter")
MOST = 4  # pages of a kind that are opened


@pytest.fixture
def everything(there: Scene) -> dict[str, list[SearchHit]]:
    """One of every kind and more; by kind."""
    owner, now = Person.objects.get(username="operator"), timezone.now()
    places = (there.production, None)
    for number, place in enumerate(places):
        AlertChannel.objects.create(name=f"duty {number}", kind="mail", created_by=owner, changed_at=now)
        rule = AlertRule.objects.create(
            name=f"duty {number}", cause="run_failed", environment=place, created_by=owner, created_at=now,
            changed_at=now,
        )  # fmt: skip
        Alert.objects.create(
            rule=rule, about=f"x:{number}", text="It failed", environment=place, path="/", fired_at=now, last_at=now
        )
    StoredSecret.objects.create(
        environment=there.production, name="pepper", key_id="x", sealed=b"x", wrapped=b"x", created_at=now,
        changed_at=now,
    )  # fmt: skip
    omniscient = Reader(Actor(None, "nobody"), Access(roles={}, system=True))
    return {noun.kind: [noun.hit(row) for row in noun.rows(omniscient).order_by("-pk")[:MOST]] for noun in NOUNS}


def found_by(person: Person, kind: str) -> dict[str, list[int]]:
    """Ids by the address of the page."""
    with rolled_back():
        hits = search(actor=actor_of(person, NOW + timedelta(0)), q=f"kind:{kind}", limit=200).hits
    by_path: dict[str, list[int]] = {}
    for hit in hits:
        by_path.setdefault(hit.path.partition("#")[0], []).append(hit.id)
    return by_path


def opens(client: Client, path: str) -> bool:
    with rolled_back():
        return bool(client.get(path).status_code == 200)


@pytest.mark.parametrize(("role", "where"), EVERYBODY)
def test_exactly_what_opens_is_found(
    there: Scene, everything: dict[str, list[SearchHit]], role: str, where: str
) -> None:
    person = there.people[role, where]
    client = client_of(person)
    wrong = []
    for kind in KINDS:
        found = found_by(person, kind)
        wrong += [f"{path} is found and refuses" for path in list(found)[:MOST] if not opens(client, path)]
        if kind in HAS_ITS_OWN_PAGE:
            hidden = [hit for hit in everything[kind] if hit.path not in found]
            wrong += [f"{hit.path} opens and is not found" for hit in hidden if opens(client, hit.path)]
    assert wrong == []


def test_there_was_one_of_every_kind_and_strangers_find_none(
    there: Scene, everything: dict[str, list[SearchHit]]
) -> None:
    assert [kind for kind, hits in everything.items() if not hits and kind not in OWN] == []
    owner, stranger = Person.objects.get(username="operator"), there.people["", HERE]
    assert {kind: len(found_by(owner, kind)) for kind in ("filter",)} == {"filter": 1}
    assert len(found_by(Person.objects.get(username="viewer"), "token")) == 1
    assert {kind: found_by(stranger, kind) for kind in KINDS if found_by(stranger, kind)} == {}
