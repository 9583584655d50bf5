"""The page of one migration without scripts: its drawings and what they lead to, and two revisions side by side."""

import re

import pytest
from django.test import Client

from migrations_app.services import migrations, planning, reviews
from tests.cast import Cast
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


def test_whoever_signed_is_led_to_what_changed_since(edited: int) -> None:
    text = page(signed_in("approver"), f"/migrations/{edited}/")

    assert f'<a href="/migrations/{edited}/revisions/1/3/">since I last signed</a>' in text
    assert "since I last signed" not in page(signed_in("viewer"), f"/migrations/{edited}/")


def test_two_revisions_side_by_side_say_what_the_difference_means(edited: int) -> None:
    text = page(signed_in("viewer"), f"/migrations/{edited}/revisions/1/2/")

    assert "what approver decided on revision 1 says nothing about this one" in text
    assert "The risk rises from" in text
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
