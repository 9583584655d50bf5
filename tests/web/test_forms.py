"""Forms without scripts: what they save, and how they say what is wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from migrations_app.models import ApiToken, Environment, Migration, Target
from migrations_app.selectors.policy_rules import least_signatures
from migrations_app.testing.beam import COOKIE, BeamNode
from tests.cast import Cast
from tests.pools.process_pool import TOKEN, ProcessPool
from tests.stores.sessions.place import wait_until
from tests.web.door import opened_form, signed_in, untouched

REDIS = {"store": "redis", "name": "sessions-redis", "config.host": "cache.internal", "config.port": "6379"}


@pytest.fixture
def admin_client(cast: Cast) -> Client:
    return signed_in("admin")


def test_an_admin_adds_a_target_and_changes_it(admin_client: Client, dev: Environment) -> None:
    answer = admin_client.post("/targets/new/", {**REDIS, "environment": dev.pk, "secrets.password": "hush"})
    target = Target.objects.get()
    assert answer["Location"] == f"/targets/{target.pk}/"
    assert target.config == {"store": "redis", "host": "cache.internal"}
    assert list(target.secrets.values_list("name", flat=True)) == ["password"]
    assert b"hush" not in admin_client.get(f"/targets/{target.pk}/edit/").content

    changed = {**REDIS, "version": target.version, "config.port": "6380", "secrets.password": ""}
    assert admin_client.post(f"/targets/{target.pk}/edit/", changed).status_code == 302
    target.refresh_from_db()
    assert target.config["port"] == 6380
    stale = admin_client.post(f"/targets/{target.pk}/edit/", changed | {"config.port": "6381"})
    assert stale.status_code == 409
    assert b"This was changed since you opened it" in stale.content, "it does not say how it was opened"


def test_a_bad_target_names_every_field(admin_client: Client, dev: Environment) -> None:
    bad = {"store": "redis", "name": "No Good", "config.port": "99999", "environment": dev.pk}
    answer = admin_client.post("/targets/new/", bad)
    assert answer.status_code == 422
    assert answer.content.count(b'class="problem"') == 3  # name, host, port
    assert not Target.objects.exists()


def test_a_path_is_one_line_and_a_folded_field_that_is_wrong_unfolds(admin_client: Client, dev: Environment) -> None:
    beam = admin_client.get("/targets/new/?store=beam").content.decode()
    assert "<textarea" not in beam
    assert '<details class="disclosure"><summary>Distribution over TLS' in beam
    assert "Credentials</h2>" in beam
    assert "Credentials</h2>" not in admin_client.get("/targets/new/?store=sqlite").content.decode()

    bad = {"store": "redis", "name": "r", "config.host": "h", "config.time_unit": "weeks", "environment": dev.pk}
    answer = admin_client.post("/targets/new/", bad)
    assert b'<details class="disclosure" open><summary>Fields of the hash layout' in answer.content


def test_an_admin_adds_a_worker_pool_and_sees_its_statistics(
    admin_client: Client, dev: Environment, beam_node: BeamNode
) -> None:
    fields = admin_client.get("/targets/new/?store=pool").content.decode()
    assert "Pool server" in fields
    assert "Cookie" in fields
    assert "ETS table" not in fields

    config = beam_node.start_pool(server="pool_of_the_pages", pools={"gpu": 2}, refill_ms=0)
    typed = {f"config.{name}": value for name, value in config.items() if name != "driver"}
    sent = {**typed, "store": "pool", "name": "workers", "environment": dev.pk, "secrets.password": COOKIE}
    where = admin_client.post("/targets/new/", sent)["Location"]
    target = Target.objects.get()
    assert (target.kind, target.config) == ("worker_pool", config)

    wait_until(lambda: b"Queue timeouts" in admin_client.post(f"{where}test/", follow=True).content)
    page = admin_client.get(where).content.decode()
    for fact in ("Worker pool", f"beam {beam_node.name} pool gpu", "Pool saturated", "Snakepit node"):
        assert fact in page
    assert COOKIE not in page

    changed = {**sent, "version": target.version, "config.pool": "cpu", "secrets.password": ""}
    assert 'value="gpu"' in admin_client.get(f"{where}edit/").content.decode()
    assert admin_client.post(f"{where}edit/", changed).status_code == 302
    target.refresh_from_db()
    assert target.config == {**config, "pool": "cpu"}
    beam_node.evaluate("snakeweb_fixture_pool:stop(pool_of_the_pages)")


@pytest.mark.parametrize("store", ["http_pool", "process_pool"])
def test_an_admin_adds_a_pool_of_worker_processes_and_sees_what_it_runs(
    admin_client: Client, dev: Environment, start_processes: Callable[..., ProcessPool], store: str
) -> None:
    pool = start_processes(workers=2, most=5)
    config = pool.http_config if store == "http_pool" else pool.config
    typed = {f"config.{name}": value for name, value in config.items() if name != "driver"}
    sent = {**typed, "store": store, "name": "workers", "environment": dev.pk, "secrets.password": TOKEN}
    where = admin_client.post("/targets/new/", sent)["Location"]
    target = Target.objects.get()
    assert (target.kind, target.config) == ("worker_pool", config)

    page = admin_client.post(f"{where}test/", follow=True).content.decode()
    page = admin_client.get(where).content.decode()
    name = "Worker pool over HTTP" if store == "http_pool" else "Worker pool of processes"
    address = next(value for field, value in config.items() if field != "driver")
    for fact in (name, address, "drain, force, surge, versions", "Room for workers", "embeddings", "1.0.0"):
        assert fact in page
    assert TOKEN not in page
    assert address in admin_client.get(f"{where}edit/").content.decode()


def test_a_target_needs_an_environment_first(admin_client: Client) -> None:
    Environment.objects.all().delete()
    page = admin_client.get("/targets/new/").content.decode()
    assert "A target needs an environment first" in page
    assert 'href="/environments/new/"' in page
    assert '<form class="form"' not in page


def test_environments_are_made_and_changed(admin_client: Client) -> None:
    made = {"name": "canary", "required_approvals": "1", "protected": "on", "description": "Few users."}
    assert admin_client.post("/environments/new/", made).status_code == 302
    canary = Environment.objects.get(name="canary")
    assert (least_signatures([canary]), canary.protected) == ({canary.pk: 1}, True)
    assert admin_client.post("/environments/new/", {"name": "qa", "required_approvals": "many"}).status_code == 422
    where = f"/environments/{canary.pk}/edit/"
    seen = opened_form(admin_client, where)
    assert admin_client.post(where, seen | {"description": "x" * 501}).status_code == 422
    assert admin_client.post(where, seen | {"description": "Fewer."}).status_code == 302
    canary.refresh_from_db()
    assert (canary.description, canary.protected) == ("Fewer.", False)


def test_a_token_is_shown_once_and_can_be_revoked(cast: Cast) -> None:
    client = signed_in("operator")
    shown = client.post("/settings/tokens/", {"name": "pipeline", "days": "30", "scopes": ["read"]})
    token = ApiToken.objects.get()
    assert b"not shown again" in shown.content
    assert token.hash.encode() not in shown.content
    assert b"not shown again" not in client.get("/settings/tokens/").content
    client.post(f"/settings/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert client.post("/settings/tokens/", {"name": "", "scopes": ["read"]}).status_code == 422


def test_a_token_is_named_anew_ended_sooner_and_narrowed_on_its_page(cast: Cast) -> None:
    client = signed_in("operator")
    client.post("/settings/tokens/", {"name": "pipeline", "days": "30", "scopes": ["read"], "networks": "10.2.0.0/16"})
    token = ApiToken.objects.get()
    path = f"/settings/tokens/{token.pk}/"
    assert f'href="{path}"' in client.get("/settings/tokens/").content.decode()
    assert signed_in("viewer").get(path).status_code == 404
    form = untouched(client.get(path).content)
    for wrong in ({"name": ""}, {"expires_at": ""}, {"expires_at": "2099-01-01T00:00"}, {"networks": "10.0.0.0/8"}):
        refused = client.post(path, form | wrong)
        assert (refused.status_code, refused.content.count(b"has-problem")) == (422, 1), wrong

    assert client.post(path, form | {"name": "builds"}).status_code == 302
    named = ApiToken.objects.get()
    assert (named.name, named.expires_at) == ("builds", token.expires_at), "left alone, the end stays to the second"
    assert client.post(path, form | {"name": "deployments"}).status_code == 409, "of another tab"
    sooner = (datetime.now(UTC) + timedelta(days=2)).replace(second=0, microsecond=0)
    wish = {"expires_at": f"{sooner:%Y-%m-%dT%H:%M}", "networks": "10.2.7.0/24, 10.2.8.1"}
    assert client.post(path, untouched(client.get(path).content) | wish).status_code == 302
    narrowed = ApiToken.objects.get()
    assert (narrowed.expires_at, narrowed.networks) == (sooner, ["10.2.7.0/24", "10.2.8.1/32"])
    client.post(f"{path}revoke/")
    assert b'<form class="form"' not in client.get(path).content


def test_malformed_yaml_saves_nothing(cast: Cast) -> None:
    client = signed_in("operator")
    for text in ("kind: [", "apiVersion: v0", "", "- a\n- b"):
        answer = client.post("/migrations/import/", {"text": text})
        assert answer.status_code == 422, text
    assert not Migration.objects.exists()


def test_a_title_of_ten_megabytes_is_refused(cast: Cast) -> None:
    client = signed_in("operator")
    answer = client.post("/migrations/new/", {"title": "x" * 10_000_000})
    assert answer.status_code == 413
    assert not Migration.objects.exists()


def test_a_draft_is_saved_edited_cloned_and_cancelled(cast: Cast, dev: Environment, tmp_path: Path) -> None:
    admin = signed_in("admin")
    for name in ("old", "new"):
        config = {"store": "sqlite", "name": name, "config.path": str(tmp_path / name), "environment": dev.pk}
        assert admin.post("/targets/new/", config).status_code == 302
    old, new = Target.objects.order_by("pk")
    client = signed_in("operator")
    draft = {"title": "Move", "environment": dev.pk, "handler": "session"}
    draft |= {"targets.source": old.pk, "targets.target": new.pk, "options.batch_size": "50"}
    client.post("/migrations/new/", draft)
    migration = Migration.objects.get()
    assert migration.options == {"batch_size": 50}
    page = f"/migrations/{migration.pk}/"

    sketch = client.get(f"{page}edit/")["Location"]
    assert b'value="50"' in client.get(sketch).content
    draft |= {"edits": migration.pk, "version": 1}
    refused = client.post(sketch, {**draft, "title": "", "plan": "1"})
    assert refused.status_code == 422
    client.post(sketch, {**draft, "version": 2, "title": "Move all"})
    migration.refresh_from_db()
    assert migration.title == "Move all"

    sketch = client.get(f"{page}edit/")["Location"]
    unplannable = client.post(sketch, {**draft, "plan": "1"})
    assert unplannable.status_code == 422
    assert b"cannot be planned yet" in unplannable.content

    copied = client.post(f"{page}clone/")
    assert copied["Location"] == f"/migrations/{Migration.objects.latest('pk').pk}/edit/"
    client.post(f"{page}cancel/", {"reason": "no need"})
    migration.refresh_from_db()
    assert migration.status == "cancelled"
