"""Whoever saves a form second is shown what the first one changed; nothing is overwritten unseen, and nothing typed is
lost."""

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from django.test import Client

from migrations_app.models import MaintenanceWindow, Policy, StoredSecret
from migrations_app.services import policies, stored_secrets, webhooks
from migrations_app.services.actor import Actor
from migrations_app.web import webhooks as webhook_pages
from migrations_app.web.edited_meanwhile import EditedForm, Meanwhile
from migrations_app.web.requests import PageRequest
from tests.cast import NOW
from tests.parallel import at_once
from tests.stores_on_disk import Stage
from tests.web.door import untouched
from tests.web.edited_forms import Wish, cases, rows, typed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


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

    assert rows(late)["Archived"] == ("fact", ["no", "yes", "not in this form"])
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
    assert "This was changed since you opened it" in answer.content.decode()
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
    assert "Save this form over it" not in text
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
    assert "has to be entered again: New value" in text
    assert "the value of" not in text
    assert admin_too.post(path, mine | {"secret": ""}).status_code == 409, "nothing was replaced by this one either"
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


def test_ones_own_edits_hide_nobody_elses(stage: Stage, admin: Actor, admin_too: Client, other: Client) -> None:
    path = cases(stage, admin)["environment"].path
    alone, mine = (untouched(admin_too.get(path).content) for _ in range(2))
    for number in range(6):
        seen = untouched((admin_too if number else other).get(path).content)
        form = seen | {"description": f"Number {number}."}
        assert (admin_too if number else other).post(path, form).status_code == 302
        if not number:
            alone = untouched(admin_too.get(path).content)

    texts = [admin_too.post(path, form | {"description": "Late."}).content.decode() for form in (mine, alone)]

    assert "Somebody else has changed this" in texts[0]
    assert "You have saved this elsewhere" in texts[1]


def test_a_box_that_was_unticked_meanwhile_is_not_ticked_in_the_form(
    stage: Stage, admin: Actor, second_admin: Actor, admin_too: Client, other: Client
) -> None:
    own = Policy.objects.get(name="Plans in staging")
    path, now = f"/policies/{own.pk}/edit/", datetime.now(UTC)
    terms = {"conditions": {"scope": "named", "environments": ["staging"]}, "requirements": [{"role": "approver"}]}
    number = policies.propose_change(actor=admin, now=now, policy_id=own.pk, comment_required=True, **terms)
    policies.confirm(actor=replace(second_admin, reauthenticated_at=now), now=now, policy_id=own.pk, number=number)
    mine, theirs = (untouched(one.get(path).content) for one in (admin_too, other))
    assert theirs.pop("comment_required") == ["1"]
    assert other.post(path, theirs).status_code == 302

    answer = admin_too.post(path, mine | {"types": ["data_migration"]})

    assert rows(answer)["Each signature needs a comment"] == ("theirs", ["yes", "no", "yes"])
    assert "comment_required" not in untouched(answer.content)


def test_an_edit_that_comes_while_the_comparison_is_shown_is_asked_about_too(
    stage: Stage, admin: Actor, admin_too: Client, other: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cases(stage, admin)["webhook"].path
    mine, theirs = (untouched(one.get(path).content) for one in (admin_too, other))
    assert other.post(path, theirs | {"name": "Theirs"}).status_code == 302
    compared = webhook_pages.unsaved

    def compared_and_edited(form: EditedForm, request: PageRequest, *, asked: bool) -> Meanwhile | None:
        shown = compared(form, request, asked=asked)
        webhooks.edit(actor=admin, now=NOW, webhook_id=form.key, kinds=["run.stuck"])
        return shown

    with monkeypatch.context() as patched:
        patched.setattr(webhook_pages, "unsaved", compared_and_edited)
        asked = untouched(admin_too.post(path, mine | {"name": "Mine"}).content)

    answer = admin_too.post(path, asked)
    assert answer.status_code == 409
    assert rows(answer)["Kinds of messages"][0] == "theirs"
