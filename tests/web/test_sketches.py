"""A new migration by its forms: begun, kept, started over, made; with htmx and without scripts."""

import re
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from migrations_app.models import Migration, Person, Sketch
from migrations_app.services import documents, migrations
from tests.cast import Cast
from tests.stores_on_disk import Stage

HTMX = {"HX-Request": "true"}


def signed_in(username: str) -> Client:
    """Without the login form: nothing here asks when the password was shown, and the form counts logins."""
    client = Client(headers={"Referer": "http://testserver/migrations/"})
    client.force_login(Person.objects.get(username=username))
    return client


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in("operator")


@pytest.fixture
def sketch(client: Client) -> Sketch:
    client.post("/migrations/new/begin/")
    return Sketch.objects.get()


def complete(stage: Stage, **more: Any) -> dict[str, Any]:
    texts = {"title": "Move sessions", "environment": stage.environment.pk, "handler": "session"}
    texts |= {"targets.source": stage.source_id, "targets.target": stage.target_id}
    return {**texts, "version": 1, "writer": "aa", "said": "new", **more}


def keep(client: Client, sketch: Sketch, texts: dict[str, Any], **headers: str) -> HttpResponse:
    return client.post(f"/migrations/new/{sketch.pk}/keep/", texts, headers=HTMX | headers)  # type: ignore[return-value]


def yaml_in(answer: HttpResponse) -> str:
    found = re.search(r'<pre [^>]*id="yaml-text"[^>]*>(.*?)</pre>', answer.content.decode(), re.DOTALL)
    assert found
    return unescape(re.sub(r"</?span[^>]*>", "", found[1]))


def test_the_start_offers_each_way(client: Client, stage: Stage) -> None:
    stage.migration(title="An older move")
    text = client.get("/migrations/new/").content.decode()
    for words in ("Blank form", "Zero-downtime move", "until the sessions are in a store again", "Import YAML"):
        assert words in text
    assert "An older move" in text
    assert "Go on where you stopped" not in text
    none = client.get("/migrations/new/", {"q": "nothing like it"}, headers=HTMX).content.decode()
    assert "No migration matches" in none
    assert "<html" not in none


def test_a_template_fills_the_form(client: Client) -> None:
    begun = client.post("/migrations/new/begin/", {"template": "session/zero-downtime"})
    answer = client.get(begun["Location"])
    text = answer.content.decode()
    assert 'value="Move sessions without downtime"' in text
    assert "zero_downtime: true\n" in yaml_in(answer)  # type: ignore[arg-type]
    assert "Begun from the template “Zero-downtime move”" in text


def test_a_copy_fills_the_form(client: Client, stage: Stage) -> None:
    original = stage.migration(title="An older move")
    begun = client.post("/migrations/new/begin/", {"clone": original.pk})
    text = client.get(begun["Location"]).content.decode()
    assert 'value="An older move (copy)"' in text
    assert Migration.objects.count() == 1


def test_a_document_opens_in_the_form(client: Client, stage: Stage) -> None:
    text = documents.export_yaml(actor=stage.operator, migration_id=stage.migration().pk)
    answer = client.post("/migrations/import/", {"text": text, "open": "1"}, follow=True)
    assert yaml_in(answer) == text  # type: ignore[arg-type]
    assert Migration.objects.count() == 1
    assert client.post("/migrations/import/", {"text": "kind: x", "open": "1"}).status_code == 422


def test_what_is_typed_is_kept_shown_as_yaml_and_there_again(client: Client, sketch: Sketch, stage: Stage) -> None:
    texts = complete(stage, description="One\r\ntwo", **{"options.batch_size": "50"})
    answer = keep(client, sketch, texts)
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "Saved as your private draft" in said
    assert 'id="fields"' not in said
    assert not Migration.objects.exists()
    assert "Saved as" not in keep(client, sketch, texts | {"version": 2, "said": "kept"}).content.decode()

    back = client.get(f"/migrations/new/{sketch.pk}/")
    assert yaml_in(back) == yaml_in(answer)  # type: ignore[arg-type]
    assert "no-store" in back["Cache-Control"]
    assert 'value="Move sessions"' in back.content.decode()
    assert "Move sessions" in client.get("/migrations/new/").content.decode()

    client.post(f"/migrations/new/{sketch.pk}/", texts)
    made = Migration.objects.get()
    assert made.options == {"batch_size": 50}
    assert documents.export_yaml(actor=stage.operator, migration_id=made.pk) == yaml_in(answer)


def test_another_environment_brings_its_targets(client: Client, sketch: Sketch, stage: Stage) -> None:
    answer = keep(client, sketch, complete(stage), **{"HX-Target": "fields"})
    assert "sessions-source" in answer.content.decode()
    assert 'id="fields"' in answer.content.decode()


def test_a_second_page_is_told_and_can_keep_its_own(client: Client, sketch: Sketch, stage: Stage) -> None:
    keep(client, sketch, complete(stage, title="first", writer="aa"))
    second = complete(stage, title="second", writer="bb")
    told = keep(client, sketch, second)
    assert told.status_code == 409
    assert told["HX-Reswap"] == "none"
    assert "Keep this one as a draft of its own" in told.content.decode()
    client.post(f"/migrations/new/{sketch.pk}/keep/", {**second, "own": "1"})
    assert sorted(row["title"] for row in Sketch.objects.values_list("values", flat=True)) == ["first", "second"]


def test_a_lost_session_is_told_and_loses_nothing(client: Client, sketch: Sketch, stage: Stage) -> None:
    keep(client, sketch, complete(stage, title="kept"))
    away = Client()
    told = keep(away, sketch, complete(stage, title="too late"))
    assert told.status_code == 401
    assert "you are signed out" in told.content.decode()
    plain = away.post(f"/migrations/new/{sketch.pk}/keep/", complete(stage))
    assert plain["Location"] == f"/accounts/login/?next=/migrations/new/{sketch.pk}/"
    assert 'value="kept"' in signed_in("operator").get(f"/migrations/new/{sketch.pk}/").content.decode()


def test_rubbish_is_refused_with_the_reason(client: Client, sketch: Sketch) -> None:
    told = keep(client, sketch, {"title": "x" * 70_000})
    assert told.status_code == 422
    assert "65,536 are kept at most" in told.content.decode()
    assert keep(client, sketch, {"options.__class__": "x"}).status_code == 422


def test_without_scripts_a_button_keeps(client: Client, sketch: Sketch, stage: Stage) -> None:
    answer = client.post(f"/migrations/new/{sketch.pk}/keep/", complete(stage, title="slow"), follow=True)
    assert 'value="slow"' in answer.content.decode()
    refused = client.post(f"/migrations/new/{sketch.pk}/", complete(stage, title="", version=2))
    assert refused.status_code == 422
    sketch.refresh_from_db()
    assert sketch.values["title"] == ""


def test_a_second_click_and_the_back_button_find_the_migration(client: Client, sketch: Sketch, stage: Stage) -> None:
    page = f"/migrations/new/{sketch.pk}/"
    first = client.post(page, complete(stage))
    assert client.post(page, complete(stage))["Location"] == first["Location"]
    assert client.get(page)["Location"] == first["Location"]
    assert "is a migration already" in keep(client, sketch, complete(stage)).content.decode()
    assert Migration.objects.count() == 1


def test_starting_over(client: Client, sketch: Sketch) -> None:
    assert client.post(f"/migrations/new/{sketch.pk}/discard/")["Location"] == "/migrations/new/"
    assert client.get(f"/migrations/new/{sketch.pk}/").status_code == 404
    assert keep(client, sketch, {"title": "late"}).status_code == 409
    undo = f"/migrations/new/{sketch.pk}/restore/"
    assert undo in client.get("/migrations/new/").content.decode()
    assert client.post(undo, follow=True).status_code == 200


def test_others_see_nothing_of_it(client: Client, sketch: Sketch) -> None:
    for username in ("approver", "admin", "outsider"):
        assert signed_in(username).get(f"/migrations/new/{sketch.pk}/").status_code == 404
    assert "no operator" in signed_in("viewer").get("/migrations/new/").content.decode()


@pytest.fixture
def edit(client: Client, stage: Stage) -> tuple[Migration, Sketch]:
    """A migration, and what the operator is about to change of it."""
    migration = stage.migration()
    client.get(f"/migrations/{migration.pk}/edit/")
    return migration, Sketch.objects.get()


def test_an_edit_shows_what_is_saved_and_keeps_what_is_typed(
    client: Client, stage: Stage, edit: tuple[Migration, Sketch]
) -> None:
    migration, sketch = edit
    form = client.get(f"/migrations/{migration.pk}/edit/", follow=True)
    exported = documents.export_yaml(actor=stage.operator, migration_id=migration.pk)
    assert yaml_in(form) == exported  # type: ignore[arg-type]
    typed = complete(stage, title="Another", edits=migration.pk, **{"options.batch_size": "7"})
    assert "batch_size: 7\n" in yaml_in(keep(client, sketch, typed))
    migration.refresh_from_db()
    assert migration.title == "Move sessions"

    again = client.get(f"/migrations/{migration.pk}/edit/", follow=True).content.decode()
    assert 'value="Another"' in again
    assert "Edit migration" in again
    assert "from an edit of “Move sessions”" in client.get("/migrations/new/").content.decode()
    saved = client.post(f"/migrations/new/{sketch.pk}/", typed | {"version": 2})
    assert saved["Location"] == f"/migrations/{migration.pk}/"
    migration.refresh_from_db()
    assert (migration.title, migration.options["batch_size"]) == ("Another", 7)


def test_changes_are_discarded_and_brought_back(client: Client, stage: Stage, edit: tuple[Migration, Sketch]) -> None:
    migration, sketch = edit
    keep(client, sketch, complete(stage, title="Another"))
    discarded = client.post(f"/migrations/new/{sketch.pk}/discard/")
    assert discarded["Location"] == f"/migrations/{migration.pk}/"
    late = client.post(f"/migrations/new/{sketch.pk}/", complete(stage, title="Late", edits=migration.pk))
    assert late.status_code == 422
    assert 'value="Late"' in late.content.decode()
    back = client.post(f"/migrations/new/{sketch.pk}/restore/", follow=True)
    assert 'value="Another"' in back.content.decode()
    assert Migration.objects.get().title == "Move sessions"


def test_an_edit_that_came_too_late_is_shown_again(
    client: Client, stage: Stage, edit: tuple[Migration, Sketch]
) -> None:
    migration, sketch = edit
    theirs = stage.draft(title="Theirs")
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=1, draft=theirs)
    answer = client.post(f"/migrations/new/{sketch.pk}/", complete(stage, title="Mine", edits=migration.pk))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Mine"' in text
    assert "Somebody else has edited this migration since you began." in text
    assert 'value="Mine"' in client.get(f"/migrations/{migration.pk}/edit/", follow=True).content.decode()
    assert Migration.objects.get().title == "Theirs"
