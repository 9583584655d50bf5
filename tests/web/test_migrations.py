"""The page of one migration without scripts: its drawings and what they lead to, and two revisions side by side."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.models import Migration, Run
from migrations_app.services import migrations, planning, reviews
from tests.cast import Cast
from tests.past_runs import past_run
from tests.stores_on_disk import Stage, newest
from tests.web.door import signed_in


@pytest.fixture
def edited(stage: Stage, cast: Cast) -> int:
    """Signed, then edited and planned again: revision 2 says something else, revision 3 the same as 2."""
    migration = stage.planned()
    number = migration.pk
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=number)
    digest, approver = newest(migration).digest, cast.actors["approver"]
    reviews.decide(actor=approver, now=stage.now, migration_id=number, digest=digest, decision="approve")
    draft = stage.draft(options={"cleanup_source": True, "parallel_workers": 2, "batch_size": 10})
    migration.refresh_from_db()
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=number, version=migration.version, draft=draft)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=number)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=number)
    return number


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_every_step_of_the_graph_leads_to_its_row_and_the_meter_says_why(edited: int) -> None:
    text = page(signed_in("viewer"), f"/migrations/{edited}/")

    drawn = re.findall(r'<a href="#(step-[\w.-]+)" aria-label="Step', text)
    assert len(drawn) == 8
    assert drawn == re.findall(r'<tr id="(step-[\w.-]+)"', text)
    assert 'role="group" aria-labelledby="graph-title graph-desc"' in text
    assert "8 steps one after the other" in text

    assert re.search(r'role="img" aria-label="\d+ of 100, medium\. \d findings add \d+', text)
    assert "It would be low with" in text


def test_options_that_mean_nothing_to_the_type_are_not_shown_as_signed(
    edited: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionMigration, "unused_options", frozenset({"cleanup_source"}))
    text = page(signed_in("viewer"), f"/migrations/{edited}/")

    signed = text[text.index("Options and parameters that are signed") :]
    assert "<dt>parallel workers</dt>" in signed
    assert "<dt>cleanup source</dt>" not in signed


def test_whoever_signed_is_led_to_what_changed_since(edited: int) -> None:
    text = page(signed_in("approver"), f"/migrations/{edited}/")

    assert f'<a href="/migrations/{edited}/revisions/1/3/">since I last signed</a>' in text
    assert "since I last signed" not in page(signed_in("viewer"), f"/migrations/{edited}/")


def test_two_revisions_side_by_side_say_what_the_difference_means(edited: int) -> None:
    text = page(signed_in("viewer"), f"/migrations/{edited}/revisions/1/2/")

    assert "what approver decided on revision 1 says nothing about this one" in text
    assert "The risk, before what is waived, rises from" in text
    assert "Raises the risk by 10." in text
    assert re.search(r"Clean up the source.*?<del>no</del>.*?<ins>yes</ins>", text, re.DOTALL)
    assert "It asks a person first." in text


def test_equal_revisions_say_so(edited: int) -> None:
    client = signed_in("viewer")

    assert "Nothing differs" in page(client, f"/migrations/{edited}/revisions/2/3/")
    assert "one and the same revision" in page(client, f"/migrations/{edited}/revisions/3/3/")


@pytest.mark.parametrize(
    ("query", "to", "status"),
    [("before=1&after=3", "1/3/", 200), ("before=1&after=99", "1/99/", 404), ("before=x&after=", "0/0/", 404)],
)
def test_the_choice_of_two_revisions_leads_to_their_comparison(edited: int, query: str, to: str, status: int) -> None:
    client = signed_in("viewer")
    answer = client.get(f"/migrations/{edited}/revisions/?{query}")

    assert answer["Location"] == f"/migrations/{edited}/revisions/{to}"
    assert client.get(answer["Location"]).status_code == status


def ran(stage: Stage, status: str, state: str) -> int:
    migration = stage.planned()
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        state=state,
        started_by=stage.cast.people["operator"],
        created_at=timezone.now(),
        started_at=timezone.now(),
        ended_at=timezone.now(),
    )
    Migration.objects.filter(pk=migration.pk).update(status=status)
    return migration.pk


def test_rolling_back_is_never_one_press_away(stage: Stage) -> None:
    number = ran(stage, "completed", "succeeded")
    text = page(signed_in("operator"), f"/migrations/{number}/")

    assert f'<form method="get" action="/migrations/{number}/roll-back/"' in text
    assert f'method="post" action="/migrations/{number}/roll-back/"' not in text
    assert "primary" not in text[text.index('class="title') : text.index('class="rail"')]


def test_what_came_of_it_stands_above_the_plan_once_something_has_run(stage: Stage) -> None:
    before = page(signed_in("operator"), f"/migrations/{stage.planned().pk}/")
    after = page(signed_in("operator"), f"/migrations/{ran(stage, 'failed', 'failed')}/")

    assert before.index('id="risk"') < before.index('id="runs"')
    assert after.index('id="runs"') < after.index('id="risk"')
    assert "It has failed, so nothing starts from here" in after


def test_who_declined_and_why_stands_above_the_plan(stage: Stage, cast: Cast) -> None:
    number = stage.planned().pk
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=number)
    reviews.decide(
        actor=cast.actors["approver"],
        now=stage.now,
        migration_id=number,
        digest=newest(Migration.objects.get(pk=number)).digest,
        decision="reject",
        comment="Not tonight.",
    )
    text = page(signed_in("operator"), f"/migrations/{number}/")

    assert "approver declined revision 1.</strong> “Not tonight.”" in text
    assert text.count(f'href="/migrations/{number}/edit/"') == 1
    assert "can sign once it is in review" in text


def test_one_reads_before_one_signs(stage: Stage) -> None:
    number = stage.planned(description="Its host is retired.").pk
    reviews.submit(actor=stage.operator, now=timezone.now(), migration_id=number)
    client = signed_in("approver")
    text = page(client, f"/migrations/{number}/sign/")

    places = [text.index(part) for part in ("Its host is retired.", "of 100", 'id="steps-title"', 'name="decision"')]
    assert places == sorted(places)
    assert "every step can be undone" in text
    refused = client.post(f"/migrations/{number}/sign/", {"decision": "approve", "read_back": "zzzz"})
    assert refused.status_code == 422
    assert refused.content.decode().count(" autofocus") == 1


def test_an_estimate_says_what_it_rests_on_and_how_far_off_that_was(stage: Stage) -> None:
    number = stage.planned().pk
    viewer = signed_in("viewer")
    text = page(viewer, f"/migrations/{number}/")
    assert "no past run of sqlite to sqlite: rule of thumb" in text
    assert '<span class="sub">rule of thumb</span>' in text

    for sessions in (1_000, 5_000, 20_000, 40_000):
        past_run(newest(stage.planned()), stage.now, seconds=5 + sessions / 250, sessions=sessions)
    assert "rule of thumb</span>" in page(viewer, f"/migrations/{number}/"), "what was signed stays as it was said"
    planning.plan(actor=stage.operator, now=stage.now, migration_id=number)
    text = page(viewer, f"/migrations/{number}/")
    assert re.search(r"from 4 runs of sqlite to sqlite, 1,000 to 40,000 sessions; typically \d+ % off", text)
    assert re.search(r'<span class="sub">from 4 runs, \d+ % off</span>', text)
