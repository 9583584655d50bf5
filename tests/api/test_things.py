"""Environments, targets, tokens and the audit trail over the API."""

import sqlite3
from pathlib import Path

import pytest

from migrations_app.models import Environment, SealedSecret
from migrations_app.proofs.export import verify
from migrations_app.runtime import sealing
from migrations_app.services.actor import Actor
from migrations_app.testing.beam import BeamNode
from tests.api.door import browser, program
from tests.api.stage import Stage
from tests.session_runs import fill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_an_environment_is_made_and_changed_by_admins(admin: Actor, operator: Actor) -> None:
    door = program(admin)
    made = door.post("/environments", {"name": "lab", "required_approvals": 1})
    assert made.status == 201
    where = f"/environments/{made.body['id']}"
    assert door.get(where).body == made.body
    changed = door.patch(where, {"protected": True, "description": "for trials"})
    assert (changed.body["protected"], changed.body["required_approvals"]) == (True, 1)
    assert door.post("/environments", {"name": "lab"}).fields == {"name"}
    assert door.patch(where, {"required_approvals": 99}).fields == {"required_approvals"}
    assert program(operator).patch(where, {"protected": False}).code == "permission_denied"
    assert [row["name"] for row in door.get("/environments").body["items"]] == ["dev", "staging", "production", "lab"]


def test_a_target_shows_everything_but_its_credentials(admin: Actor, dev: Environment) -> None:
    door = program(admin)
    config = {"store": "redis", "host": "127.0.0.1", "port": 1}
    wish = {"environment_id": dev.pk, "name": "sessions", "config": config, "secrets": {"password": "s3cret-word"}}
    made = door.post("/targets", wish)
    assert made.status == 201, made.content
    assert made.body["secret_names"] == ["password"]
    assert SealedSecret.objects.count() == 1
    everything = [made.content, door.get("/targets").content, door.get(f"/targets/{made.body['id']}").content]
    assert not [text for text in everything if b"s3cret-word" in text]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"config": {"store": "moon"}}, "config.store"),
        ({"config": {"store": "redis", "host": "h", "port": 0}}, "config.port"),
        ({"config": {"store": "redis", "host": "h", "prot": 1}}, "config.prot"),
        ({"secrets": {"pass": "x"}}, "secrets.pass"),
        ({"name": "No Name"}, "name"),
        ({"environment_id": "x"}, "environment_id"),
    ],
)
def test_a_bad_target_names_the_field(admin: Actor, dev: Environment, change: dict[str, object], field: str) -> None:
    config = {"store": "redis", "host": "127.0.0.1", "port": 6379}
    answer = program(admin).post("/targets", {"environment_id": dev.pk, "name": "sessions", "config": config} | change)
    assert answer.status == 422
    assert field in answer.fields


def test_a_test_of_a_target_says_how_it_is(admin: Actor, dev: Environment, tmp_path: Path) -> None:
    door = program(admin)
    good = {"store": "sqlite", "path": str(tmp_path / "good.sqlite3")}
    fill(good, 3)
    for name, config, health in (
        ("good", good, "ok"),
        ("bad", {"store": "redis", "host": "127.0.0.1", "port": 1}, "failing"),
    ):
        made = door.post("/targets", {"environment_id": dev.pk, "name": name, "config": config}).body
        assert made["health"] == "unknown"
        tested = door.post(f"/targets/{made['id']}/test")
        assert tested.status == 200
        assert (tested.body["health"], bool(tested.body["probed_at"])) == (health, True)


def test_a_worker_pool_is_made_tested_and_shows_its_statistics(
    admin: Actor, dev: Environment, beam_node: BeamNode
) -> None:
    config = beam_node.start_pool(server="pool_of_the_api", pools={"gpu": 2}, refill_ms=0)
    door = program(admin)
    wish = {"environment_id": dev.pk, "name": "workers", "kind": "worker_pool", "config": config}
    made = door.post("/targets", {**wish, "secrets": beam_node.secrets})
    assert (made.status, made.body["kind"]) == (201, "worker_pool")
    assert made.body["address"] == f"beam {beam_node.name} pool gpu"

    tested = door.post(f"/targets/{made.body['id']}/test").body

    assert (tested["health"], tested["facts"]["workers"], tested["facts"]["queued"]) == ("ok", "2", "0")
    assert tested["fingerprint"] == {"version": tested["facts"]["version"], "workers": "2"}
    assert [row["name"] for row in door.get("/targets?kind=worker_pool").body["items"]] == ["workers"]
    beam_node.evaluate("snakeweb_fixture_pool:stop(pool_of_the_api)")


def test_lists_are_pages(here: Stage) -> None:
    ids = [here.migration(title=f"Move {n}") for n in range(5)]
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        page = here.operator.get("/migrations", limit=2, cursor=cursor).body
        assert page["total"] == 5
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (ids[::-1], "")


def test_a_new_row_shifts_no_page(here: Stage) -> None:
    ids = [here.migration(title=f"Move {n}") for n in range(4)]
    first = here.operator.get("/migrations", limit=2).body
    here.migration(title="arrived meanwhile")
    second = here.operator.get("/migrations", limit=2, cursor=first["next_cursor"]).body
    assert [row["id"] for row in second["items"]] == ids[1::-1]


def test_an_edit_keeps_what_it_leaves_out(here: Stage) -> None:
    migration_id = here.migration(description="why")
    before = here.operator.get(f"/migrations/{migration_id}").body
    after = here.operator.patch(f"/migrations/{migration_id}", {"version": 1, "options": {"batch_size": 20}}).body
    assert after["options"]["batch_size"] == 20
    kept = {"title", "description", "targets", "parameters", "handler", "environment_id"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["version"] == 2


def test_a_copy_and_a_cancelled_one(here: Stage) -> None:
    migration_id, _ = here.planned()
    copy = here.operator.post(f"/migrations/{migration_id}/clone", {"title": "Again"})
    assert (copy.status, copy.body["title"], copy.body["status"]) == (201, "Again", "draft")
    cancelled = here.operator.post(f"/migrations/{migration_id}/cancel", {"reason": "not needed"})
    assert cancelled.body["status"] == "cancelled"
    assert here.operator.post(f"/migrations/{migration_id}/plan").status == 409


def test_tokens_are_made_in_the_browser_and_shown_once(operator: Actor) -> None:
    door = browser(operator)
    made = door.post("/tokens", {"name": "ci", "scopes": ["read"]})
    assert made.status == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert made.body["token"].startswith("swk_")
    listed = door.get("/tokens")
    assert [row["name"] for row in listed.body["items"]] == ["ci"]
    assert made.body["token"] not in listed.content.decode()

    refused = program(operator).post("/tokens", {"name": "more", "scopes": ["read"]})
    assert refused.code == "permission_denied"
    assert door.delete(f"/tokens/{made.body['id']}").status == 204
    assert door.delete("/tokens/999999").status == 404
    assert door.post("/tokens", {"name": "ci", "scopes": ["moon"]}).fields == {"scopes"}


def test_the_audit_trail_is_read_exported_and_verified(here: Stage, auditor: Actor) -> None:
    here.planned()
    door = program(auditor)
    rows = door.get("/audit", action="migration.create").body["items"]
    assert [row["actor"] for row in rows] == ["operator"]
    assert here.operator.get("/audit").code == "permission_denied"
    assert here.operator.get("/audit/export").code == "permission_denied"

    exported = door.get("/audit/export")
    assert exported.headers["Content-Type"] == "application/x-ndjson"
    lines = exported.content.splitlines(keepends=True)
    check = verify(lines, sealing.trusted_keys())
    assert (check.first, check.whole) == (1, True)
    later = door.get("/audit/export", after=2).content.splitlines(keepends=True)
    assert verify(later, sealing.trusted_keys()).first == 3
    denied = door.get("/audit/export", format="csv", outcome="denied")
    assert denied.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(denied.content.splitlines()) == 3  # the names, and what was refused above
    assert door.get("/audit/checkpoints").body["items"] == []

    verified = door.post("/audit/verify")
    assert verified.status == 202
    proof = door.get("/audit/verify").body
    assert proof["ok"]
    assert proof["verified_entries"] >= check.entries
    assert here.operator.post("/audit/verify").code == "permission_denied"


def test_somebody_elses_file_is_no_session_store(admin: Actor, dev: Environment, tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE sessions (x)")
    other.close()
    config = {"store": "sqlite", "path": str(path), "table": "sessions"}
    door = program(admin)
    made = door.post("/targets", {"environment_id": dev.pk, "name": "other", "config": config})
    assert made.status == 201, made.content
    assert door.post(f"/targets/{made.body['id']}/test").body["health"] == "failing"
