"""Whoever saves a form second is shown what the first one changed; nothing is overwritten unseen, and nothing typed is
lost."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client

from migrations_app.models import MaintenanceWindow, Person, Policy, RoleGrant, StoredSecret
from migrations_app.services import alert_channels, alerts, stored_secrets, targets, webhooks, windows
from migrations_app.services.actor import Actor
from migrations_app.services.alerts import RuleWish
from tests.cast import NOW, PASSWORD, Cast
from tests.parallel import at_once
from tests.stores_on_disk import Stage
from tests.web.door import signed_in, untouched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
Wish = dict[str, str | list[str]]


@dataclass(frozen=True)
class Case:
    """Both change the same thing of a form, and the other one something else too."""

    path: str
    theirs: Wish
    mine: Wish
    labels: tuple[str, str]


@pytest.fixture
def other(cast: Cast) -> Client:
    """Another admin, in a browser of theirs."""
    person = Person.objects.create_user("ottilie", "ottilie@example.org", PASSWORD)
    for role in ("admin", "operator"):
        RoleGrant.objects.create(person=person, role=role, environment=None, granted_at=NOW)
    return signed_in("ottilie")


@pytest.fixture
def admin_too(cast: Cast) -> Client:
    RoleGrant.objects.create(person=cast.people["admin"], role="operator", environment=None, granted_at=NOW)
    return signed_in("admin")


def cases(stage: Stage, admin: Actor) -> dict[str, Case]:
    place, make = stage.environment.pk, {"actor": admin, "now": datetime.now(UTC)}
    first = datetime.fromisoformat("2098-01-02T02:00")
    window = windows.create(**make, environment_id=place, name="nights", zone="UTC", first=first, minutes=60)
    channel = alert_channels.create(**make, name="mail", kind="mail", address="ops@example.org")
    rule = alerts.create_rule(**make, wish=RuleWish(name="failures", cause="run_failed", channels=[channel]))
    hook = webhooks.create(**make, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"]).id
    config = {"store": "redis", "host": "cache.internal"}
    target = targets.create(**make, environment_id=place, name="cache", kind="session_store", config=config)
    name = ({"name": "Theirs"}, {"name": "Mine"})
    return {
        "window": Case(f"/windows/{window}/edit/", name[0] | {"minutes": "90"}, name[1], ("Name", "Minutes")),
        "rule": Case(
            f"/settings/alerts/rules/{rule}/",
            name[0] | {"quiet_from": "21:30", "quiet_to": "06:30"},
            name[1],
            ("Name", "Quiet to"),
        ),
        "webhook": Case(
            f"/settings/webhooks/{hook}/", name[0] | {"kinds": ["run.stuck"]}, name[1], ("Name", "Kinds of messages")
        ),
        "target": Case(
            f"/targets/{target}/edit/",
            {"config.host": "Theirs", "config.port": "6390"},
            {"config.host": "Mine"},
            ("Host", "Port"),
        ),
        "environment": Case(
            f"/environments/{place}/edit/",
            {"description": "Theirs", "break_glass_allowed": []},
            {"description": "Mine"},
            ("Description", "Break-glass"),
        ),
        "keeping": Case(
            f"/migrations/{stage.migration().pk}/keeping/",
            {"ticket": "Theirs", "owner": "admin"},
            {"ticket": "Mine"},
            ("Ticket", "Owner"),
        ),
    }


def rows(answer: HttpResponse) -> dict[str, tuple[str, list[str]]]:
    """By label: what the page says of who changed it, and the texts of its columns."""
    found = {}
    table = re.search(r'<table class="compared">.*?</table>', answer.content.decode(), re.DOTALL)
    for row in re.findall(r'<tr class="is-(\w+)">(.*?)</tr>', table[0] if table else "", re.DOTALL):
        texts = [
            html.unescape(re.sub(r"<[^>]*>", "  ", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row[1], re.DOTALL)
        ]
        found[texts[0].split("  ")[0]] = (row[0], texts[1:])
    return found


def typed_in(form: dict[str, list[str]]) -> dict[str, object]:
    """Without what is another in each page."""
    return {name: values for name, values in form.items() if name not in ("opened", "csrfmiddlewaretoken")}


def test_whoever_saves_second_is_asked_and_keeps_what_they_typed(
    stage: Stage, admin: Actor, admin_too: Client, other: Client
) -> None:
    for name, case in cases(stage, admin).items():
        mine, theirs = (untouched(one.get(case.path).content) for one in (admin_too, other))
        assert mine.keys() == theirs.keys()
        assert other.post(case.path, theirs | case.theirs).status_code == 302, name
        kept = untouched(other.get(case.path).content)

        answer = admin_too.post(case.path, mine | case.mine)

        assert answer.status_code == 409, name
        text = answer.content.decode()
        assert "Somebody else has changed this" in text
        assert "ottilie" in text, name
        assert typed_in(untouched(other.get(case.path).content)) == typed_in(kept), "nothing was saved"
        said = rows(answer)
        both, alone = (next(row for label, row in said.items() if label.startswith(wanted)) for wanted in case.labels)
        assert (both[0], both[1][1:]) == ("both", ["Theirs", "Mine"]), name
        assert alone[0] == "theirs", name
        again = untouched(answer.content)
        assert again["version"] == kept["version"] != mine["version"]
        mine_over_theirs = {key: [value] for key, value in case.mine.items()}
        assert typed_in(again) == typed_in(kept) | mine_over_theirs, name
        assert admin_too.post(case.path, again).status_code == 302, "saved over it, having seen it"
        saved = untouched(admin_too.get(case.path).content)
        assert typed_in(saved) | {"version": 0} == typed_in(again) | {"version": 0}, name
        assert admin_too.post(case.path, again).status_code == 302, "a second click has nothing to ask"
        assert untouched(admin_too.get(case.path).content)["version"] == saved["version"]


def test_of_two_at_once_one_is_saved_and_the_other_asked(
    stage: Stage, admin: Actor, admin_too: Client, other: Client
) -> None:
    path = cases(stage, admin)["window"].path
    sent = [untouched(one.get(path).content) | {"name": name} for one, name in ((admin_too, "A"), (other, "B"))]

    def save(client: Client, form: Wish) -> int:
        return int(client.post(path, form).status_code)

    saves: list[Callable[[], int]] = [partial(save, admin_too, sent[0]), partial(save, other, sent[1])]
    assert sorted(at_once(*saves)) == [302, 409]
    assert MaintenanceWindow.objects.get().version == 2


def test_what_was_archived_meanwhile_is_said_and_archiving_unseen_asks_first(
    stage: Stage, admin: Actor, admin_too: Client, other: Client
) -> None:
    path = cases(stage, admin)["window"].path
    mine, theirs = (untouched(one.get(path).content) for one in (admin_too, other))
    assert other.post(path, theirs | {"minutes": "90"}).status_code == 302
    asked = admin_too.post(path, mine | {"archive": "1"})
    assert asked.status_code == 409
    assert MaintenanceWindow.objects.get().archived_at is None
    assert other.post(path, untouched(other.get(path).content) | {"archive": "1"}).status_code == 302

    late = admin_too.post(path, untouched(asked.content) | {"name": "Mine"})

    assert rows(late)["Archived"] == ("fact", ["no", "yes", "not in the form"])
    assert admin_too.post(path, untouched(asked.content) | {"archive": "1"}).status_code == 302, "it is archived"


@pytest.mark.parametrize("opened", ["", "nothing:that:was:signed", None])
def test_a_form_that_does_not_say_how_it_was_opened_still_overwrites_nothing(
    stage: Stage, admin: Actor, admin_too: Client, other: Client, opened: str | None
) -> None:
    """As one from before an upgrade, or one that somebody has altered: another thing's is not taken either."""
    found = cases(stage, admin)
    path = found["window"].path
    mine = untouched(admin_too.get(path).content)
    foreign = untouched(admin_too.get(found["environment"].path).content)["opened"]
    answer = admin_too.post(
        path, mine | {"version": "", "opened": foreign if opened is None else opened, "name": "Mine"}
    )
    assert answer.status_code == 409
    assert rows(answer)["Name"] == ("unknown", ["nights", "Mine"])
    assert MaintenanceWindow.objects.get().name == "nights"


def test_a_proposal_that_waits_is_shown_beside_ones_own(stage: Stage, admin_too: Client, other: Client) -> None:
    own = Policy.objects.get(name="Plans in staging")
    path = f"/policies/{own.pk}/edit/"
    mine, theirs = (untouched(one.get(path).content) for one in (admin_too, other))
    wish = {"whom": ["role:approver"], "count": ["3"], "reason": "safer"}
    assert other.post(path, theirs | wish | {"types": ["data_migration"]}).status_code == 302

    answer = admin_too.post(path, mine | wish | {"count": ["2"]})

    assert answer.status_code == 409
    said, text = rows(answer), html.unescape(answer.content.decode())
    assert said["Who signs"][1][1:] == ["3 approvers", "2 approvers"]
    assert said["Types"][0] == "theirs"
    assert "Version 2, which ottilie proposed, waits" in text
    assert "Save mine over it" not in text
    assert untouched(answer.content)["count"][0] == "2"
    assert admin_too.post(path, untouched(answer.content)).status_code == 422, (
        "another proposal is refused while it waits"
    )
    assert own.versions.count() == 2
    assert admin_too.post(path, mine | wish | {"types": ["data_migration"]}).status_code == 302, "the same is there"


def test_a_secret_that_was_replaced_meanwhile_is_typed_again(
    stage: Stage, admin: Actor, admin_too: Client, other: Client
) -> None:
    made = stored_secrets.create(
        actor=admin, now=NOW, environment_id=stage.environment.pk, name="pepper", secret="the first value"
    )
    path = f"/settings/secrets/{made}/replace/"
    mine, theirs = (untouched(one.get(path).content) for one in (admin_too, other))
    assert other.post(path, theirs | {"secret": "the value of theirs"}).status_code == 302
    answer = admin_too.post(path, mine | {"secret": "the value of mine"})
    assert answer.status_code == 409
    text = html.unescape(answer.content.decode())
    assert "ottilie" in text
    assert "has to be typed again" in text
    assert "the value of" not in text
    assert StoredSecret.objects.get().version == 2
    assert admin_too.post(path, untouched(answer.content) | {"secret": "the value of mine"}).status_code == 302


def test_a_switch_that_is_outdated_changes_nothing(
    stage: Stage, admin: Actor, admin_too: Client, other: Client
) -> None:
    path = cases(stage, admin)["webhook"].path
    seen = untouched(admin_too.get(path).content)["version"]
    assert other.post(path, {"version": seen, "switch": "off"}).status_code == 302
    answer = admin_too.post(
        path, {"version": seen, "switch": "off"}, headers={"Referer": f"http://testserver{path}"}, follow=True
    )
    assert "was changed meanwhile" in html.unescape(answer.content.decode())
    assert "Switch on" in answer.content.decode()
