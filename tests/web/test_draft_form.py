"""A stored migration saved by the form: what nobody touched stays as its author wrote it."""

from typing import Any

import pytest
from django.test import Client

from migrations_app.models import Migration, Signature
from migrations_app.services import documents, migrations, targets
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from tests.cast import Cast
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage
from tests.web.door import signed_in, untouched

pytestmark = pytest.mark.django_db

NAMED = {  # defaults, as a document or the API may name them
    "parameters": {"settle_ms": 0, "unreadable": "stop"},
    "options": {"parallel_workers": 4, "batch_size": 1000, "validation_level": "full", "auto_rollback": True},
}


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in("operator")


def opened(client: Client, migration: Migration) -> tuple[str, dict[str, Any]]:
    """Where the edit is, and what a browser sends of it: the form's own fields, each break of a line as CR LF."""
    page = client.get(f"/migrations/{migration.pk}/edit/", follow=True)
    form = untouched(page.content, "edits")
    return page.request["PATH_INFO"], {
        name: [text.replace("\r\n", "\n").replace("\n", "\r\n") for text in texts] for name, texts in form.items()
    }


def spec(migration: Migration) -> tuple[Any, ...]:
    row = Migration.objects.get(pk=migration.pk)
    return row.parameters, row.options, row.description, row.status, row.review_state


def test_a_form_that_was_left_alone_keeps_what_is_signed(
    stage: Stage, approver: Actor, client: Client, settings: Any
) -> None:
    """Although the installation's own figures would take the place of defaults that are no longer named."""
    settings.SNAKEWEB_MIGRATION = {"batch_size": 500, "parallel_workers": 2, "validation_level": "basic"}
    migration = submitted(stage, description="Why:\r\n- because\n- it is so", **NAMED)
    sign(approver, migration, stage.now)
    before, text = spec(migration), documents.export_yaml(actor=stage.operator, migration_id=migration.pk)
    path, form = opened(client, migration)

    assert client.post(path, form).status_code == 302

    assert spec(migration) == before
    assert before[-1] == "approved"
    assert Signature.objects.get().voided_at is None
    assert documents.export_yaml(actor=stage.operator, migration_id=migration.pk) == text
    path, form = opened(client, migration)
    assert client.post(path, form | {"title": "Another title"}).status_code == 302
    assert spec(migration) == before, "a title is no content"


def test_what_is_typed_is_saved_and_the_rest_stays(stage: Stage, client: Client) -> None:
    migration = stage.migration(**NAMED)
    path, form = opened(client, migration)
    client.post(path, form | {"options.batch_size": "7", "options.dry_run": "on"})
    assert spec(migration)[:2] == (
        NAMED["parameters"],
        NAMED["options"] | {"batch_size": 7, "dry_run": True},
    )


def test_options_that_the_type_does_not_use_stay_in_its_document(
    stage: Stage, client: Client, admin: Actor, tmp_path: Any
) -> None:
    """The form has no input for them."""
    place = tmp_path / "config.exs"
    place.write_text("import Config\n")
    made = targets.create(
        actor=admin,
        now=stage.now,
        environment_id=stage.environment.pk,
        name="configuration",
        kind="config_file",
        config={"path": str(place)},
    )
    draft = MigrationDraft(
        title="Convert",
        environment_id=stage.environment.pk,
        type="config_migration",
        targets={"target": made},
        options={"batch_size": 50, "zero_downtime": False},
        parameters={"local_edits": "stop"},
    )
    migration = Migration.objects.get(pk=migrations.create(actor=stage.operator, now=stage.now, draft=draft))
    before = spec(migration)
    path, form = opened(client, migration)
    assert "options.batch_size" not in form
    assert client.post(path, form).status_code == 302
    assert spec(migration) == before


def test_a_copy_says_what_the_original_says(stage: Stage, client: Client) -> None:
    original = stage.migration(**NAMED)
    begun = client.post("/migrations/new/begin/", {"clone": original.pk})
    form = untouched(client.get(begun["Location"]).content, "writer")
    assert client.post(begun["Location"], form).status_code == 302
    copy = Migration.objects.exclude(pk=original.pk).get()
    assert spec(copy)[:2] == (NAMED["parameters"], NAMED["options"])


def test_the_form_shows_what_holds_here_and_keeps_what_is_typed(stage: Stage, client: Client, settings: Any) -> None:
    """The installation's figure is what an input that is left alone stands for; the declared one is then a choice."""
    settings.SNAKEWEB_MIGRATION = {"batch_size": 500, "backup_retention": 30, "timeout": 600_000}
    migration = stage.migration(options={})
    path, form = opened(client, migration)
    shown = (form["options.batch_size"], form["options.backup_retention"], form["options.timeout"])
    assert shown == (["500"], ["30"], ["600000"])
    page = client.get(path).content.decode()
    assert "From 30 to 3,650." in page
    assert "to 600,000 (10 min)." in page
    assert "This installation asks for full at least." in page

    assert client.post(path, form).status_code == 302
    assert spec(migration)[1] == {}, "nobody chose any"
    path, form = opened(client, migration)
    assert client.post(path, form | {"options.batch_size": "1000"}).status_code == 302
    assert spec(migration)[1] == {"batch_size": 1000}
    assert opened(client, migration)[1]["options.batch_size"] == ["1000"]


def test_a_document_that_is_opened_in_the_form_keeps_the_defaults_that_it_names(
    stage: Stage, client: Client, settings: Any
) -> None:
    settings.SNAKEWEB_MIGRATION = {"batch_size": 500, "parallel_workers": 2, "validation_level": "basic"}
    original = stage.migration(title="From a document", **NAMED)
    text = documents.export_yaml(actor=stage.operator, migration_id=original.pk)
    page = client.post("/migrations/import/", {"text": text, "open": "1"}, follow=True)
    path, form = page.request["PATH_INFO"], untouched(page.content, "writer")

    kept = client.post(f"{path}keep/", form | {"title": "Another title"})
    assert kept.status_code == 302, "it is kept while it is typed, as texts alone"
    page = client.get(path)
    assert client.post(path, untouched(page.content, "writer") | {"options.parallel_workers": "8"}).status_code == 302

    made = Migration.objects.latest("pk")
    assert made.title == "Another title"
    assert (made.parameters, made.options) == (NAMED["parameters"], NAMED["options"] | {"parallel_workers": 8})
