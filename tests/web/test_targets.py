"""The form of a target that is stored: what saving it leaves alone, and what is said where nothing can be saved."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from migrations_app.engine.plan import content_digest
from migrations_app.models import AuditEntry, ClaimedTarget, Environment, Run, SealedSecret, Signature, Target
from migrations_app.services import targets
from migrations_app.services.actor import Actor
from tests.cast import Cast
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage, newest
from tests.web.door import signed_in, untouched

pytestmark = pytest.mark.django_db

ODD_COLUMNS = {"key": {"column": "k"}, "value": "v", "expires_at": {"column": "e", "unit": "auto"}}
NODE = {"node": "snakepit@10.0.0.5", "port": 0, "epmd_port": 4369, "certificate": "", "key": None}
ADDRESS = {"host": "db.internal", "database": "shop", "username": "u", "readonly_username": ""}


def configurations(place: Path) -> list[tuple[str, dict[str, Any]]]:
    """Of each kind, as somebody may write it to the API: defaults named, numbers and yes or no as words, nothing."""
    return [
        (
            "session_store",
            {
                "store": "redis",
                "host": "cache.internal",
                "port": 6379,
                "db": "0",
                "tls": "Yes",
                "prefix": "",
                "layout": None,
                "codec": "opaque",
                "value_field": " d ",
                "time_unit": "ms",
                "columns": {},
            },
        ),
        ("session_store", {"store": "redis", "host": "two.internal", "tls": "0", "port": "+6380", "columns": None}),
        (
            "session_store",
            {
                "store": "postgres",
                "host": "db.internal",
                "port": "5432",
                "database": "d",
                "username": "u",
                "tls": False,
                "table": "snakeweb_sessions",
                "value_type": "bytea",
                "columns": ODD_COLUMNS,
            },
        ),
        (
            "session_store",
            {
                "store": "sqlite",
                "path": str(place / "s.sqlite3"),
                "value_type": "blob",
                "table": None,
                "columns": {"value": {"column": "a: b (c)"}, "key": {"column": "k "}},
            },
        ),
        ("session_store", {"store": "snapshot", "path": f"{place}/s.etf", "format": "etf", "codec": "etf"}),
        ("session_store", {"store": "snapshot", "path": f"{place}/s.ndjson", "format": "ndjson", "codec": ""}),
        ("session_store", {"store": "beam", **NODE, "access": "table", "gateway": "", "codec": "etf"}),
        ("database", {"engine": "postgres", **ADDRESS, "port": 5432, "tls": "off", "schemas": "public"}),
        ("database", {"engine": "sqlite", "path": str(place / "shop.sqlite3")}),
        ("database", {"engine": "sqlalchemy", "driver": "mysql+pymysql", **ADDRESS, "port": None, "schemas": ""}),
        ("worker_pool", {"driver": "beam", **NODE, "pool": "default", "server": "Elixir.Snakepit.Pool"}),
        ("worker_pool", {"driver": "http", "url": "https://pool.internal", "authority": "", "timeout_seconds": "10"}),
        ("worker_pool", {"driver": "process", "path": str(place / "control.sock"), "timeout_seconds": 10}),
        ("config_file", {"path": str(place / "config.exs")}),
        ("adapter_project", {"path": str(place)}),
    ]


@pytest.fixture
def admin_client(cast: Cast) -> Client:
    return signed_in("admin")


def as_a_browser_sends(form: dict[str, list[str]]) -> dict[str, Any]:
    """Each break of a line as CR LF."""
    return {name: [re.sub("\r?\n|\r", "\r\n", text) for text in texts] for name, texts in form.items()}


def test_saving_a_form_that_was_left_alone_changes_nothing_and_a_password_no_configuration(
    admin: Actor, admin_client: Client, dev: Environment, tmp_path: Path, now: Any
) -> None:
    for number, (kind, config) in enumerate(configurations(tmp_path)):
        made = targets.create(actor=admin, now=now, environment_id=dev.pk, name=f"t-{number}", kind=kind, config=config)
        path = f"/targets/{made}/edit/"
        form = as_a_browser_sends(untouched(admin_client.get(path).content))

        assert admin_client.post(path, form).status_code == 302, config
        assert stored(made) == (1, written(config))
        assert not AuditEntry.objects.filter(action="target.edit", object_id=made).exists()

        assert admin_client.post(path, form | {"secrets.password": "a new one"}).status_code == 302
        assert stored(made) == (2, written(config))
        assert content_digest(Target.objects.get(pk=made).config) == content_digest(config)
        assert SealedSecret.objects.filter(target=made).count() == 1


def stored(target_id: int) -> tuple[int, str]:
    row = Target.objects.get(pk=target_id)
    return row.version, written(row.config)


def written(config: dict[str, Any]) -> str:
    """With what Python calls equal and a digest does not."""
    return json.dumps(config, sort_keys=True)


def test_a_password_alone_leaves_what_is_signed(stage: Stage, approver: Actor, admin_client: Client, now: Any) -> None:
    row = Target.objects.get(pk=stage.source_id)
    row.config |= {"table": "snakeweb_sessions", "value_type": "blob", "codec": "opaque", "columns": {}}
    row.save(update_fields=["config"])
    migration = submitted(stage)
    sign(approver, migration, now)
    path = f"/targets/{row.pk}/edit/"

    answer = admin_client.post(path, untouched(admin_client.get(path).content) | {"secrets.password": "a new one"})

    assert answer.status_code == 302
    assert stored(row.pk) == (2, written(row.config))
    migration.refresh_from_db()
    assert migration.review_state == "approved"
    assert Signature.objects.get().voided_at is None


def test_what_is_typed_is_saved_without_what_was_left_alone_being_written_anew(
    admin: Actor, admin_client: Client, dev: Environment, now: Any
) -> None:
    config = {"store": "postgres", "host": "one", "port": 5432, "database": "d", "username": "u", "tls": "yes"}
    config |= {"columns": ODD_COLUMNS}
    made = targets.create(actor=admin, now=now, environment_id=dev.pk, name="pg", kind="session_store", config=config)
    path = f"/targets/{made}/edit/"
    form = untouched(admin_client.get(path).content)

    admin_client.post(path, form | {"config.host": "two", "config.tls": "off", "config.columns": "key: k\nvalue: w"})

    assert Target.objects.get(pk=made).config == {
        "store": "postgres",
        "host": "two",
        "port": 5432,
        "database": "d",
        "username": "u",
        "columns": {"key": "k", "value": "w"},
    }


class TestNothingCanBeSaved:
    def test_of_an_archived_one(self, stage: Stage, admin: Actor, admin_client: Client) -> None:
        path = f"/targets/{stage.target_id}/edit/"
        form = untouched(admin_client.get(path).content) | {"config.table": "typed", "secrets.password": "p"}
        targets.archive(actor=admin, now=stage.now, target_id=stage.target_id, version=1)

        late = admin_client.post(path, form)

        assert late.status_code == 409
        text = late.content.decode()
        assert "It is archived: bring it back first." in text
        assert "Save mine over it" not in text
        assert 'value="typed"' in text
        again = admin_client.post(path, untouched(late.content))
        assert again.status_code == 422, "the form's own button is refused in place, with all that was typed"
        assert "is archived; nothing was changed. Bring it back first." in again.content.decode()
        assert 'value="typed"' in again.content.decode()
        assert Target.objects.get(pk=stage.target_id).version == 2

    def test_of_one_that_the_same_person_has_archived_elsewhere(
        self, stage: Stage, admin: Actor, admin_client: Client
    ) -> None:
        """A password alone differs from nothing that is shown, and was not saved."""
        path = f"/targets/{stage.target_id}/edit/"
        form = untouched(admin_client.get(path).content) | {"secrets.password": "p"}
        targets.archive(actor=admin, now=stage.now, target_id=stage.target_id, version=1)
        assert admin_client.post(path, form).status_code == 409
        assert not SealedSecret.objects.exists()

    def test_of_one_that_a_run_uses(self, stage: Stage, admin: Actor, admin_client: Client, cast: Cast) -> None:
        path = f"/targets/{stage.target_id}/edit/"
        opened = untouched(admin_client.get(path).content)
        migration = stage.planned()
        run = Run.objects.create(
            migration=migration,
            environment=migration.environment,
            revision=newest(migration),
            kind="apply",
            started_by=cast.people["operator"],
            created_at=stage.now,
        )
        claim = ClaimedTarget.objects.create(run=run, target_id=stage.target_id, mode="exclusive")
        typed = {"config.table": "typed"}

        refused = admin_client.post(path, opened | typed)
        assert refused.status_code == 422
        text = refused.content.decode()
        assert f"is in use by run {run.pk}; nothing was changed." in text
        assert "and nothing was saved" in text
        assert 'value="typed"' in text

        Target.objects.filter(pk=stage.target_id).update(version=2)
        late = admin_client.post(path, opened | typed)
        assert late.status_code == 409
        assert f"Run {run.pk} uses it" in late.content.decode()
        assert "Save mine over it" not in late.content.decode()
        claim.delete()
        assert admin_client.post(path, untouched(late.content)).status_code == 302
        assert Target.objects.get(pk=stage.target_id).config["table"] == "typed"
