"""The versions of a configuration over the API: list, compare, restore."""

import pytest

from migrations_app.models import Migration
from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.configurations_on_disk import ConfigurationStage
from tests.handlers.config.places import BEFORE

pytestmark = pytest.mark.django_db(transaction=True)


def test_versions_are_listed_compared_and_restored_by_a_plan(
    configuration: ConfigurationStage, operator: Actor, viewer: Actor, outsider: Actor
) -> None:
    configuration.run(configuration.planned())
    path = f"/targets/{configuration.target_id}/history"

    listed = program(viewer).get(path).body
    assert [(one["number"], one["moment"], one["snakepit"]) for one in listed["items"]] == [
        (2, "written", "0.13.0"),
        (1, "found", "0.8.8"),
    ]
    compared = program(viewer).get(f"{path}/1/2").body["comparison"]
    assert {row["kind"] for section in compared["sections"] for row in section["rows"]} >= {"same", "changed"}
    assert program(viewer).get(f"{path}/1/9").status == 404
    assert program(outsider).get(path).status == 404
    assert program(viewer).post(f"{path}/1/restore", {}).status == 403

    made = program(operator).post(f"{path}/1/restore", {"title": "Back to 0.8"})
    assert made.status == 201, made.content
    assert Migration.objects.get(pk=made.body["migration_id"]).title == "Back to 0.8"
    assert configuration.contents != BEFORE
    refused = program(operator).post(f"{path}/2/restore", {})
    assert (refused.status, refused.fields) == (422, {"parameters.restore"})


def test_a_configuration_target_is_made_and_tested(configuration: ConfigurationStage, admin: Actor) -> None:
    door = program(admin)
    body = {"environment_id": configuration.environment.pk, "name": "second", "kind": "config_file"}

    refused = door.post("/targets", {**body, "config": {"path": "/etc/shop/config.exs"}})
    assert (refused.status, refused.fields) == (422, {"config.path"})
    made = door.post("/targets", {**body, "config": {"path": str(configuration.place / "prod.exs")}})
    assert made.status == 201, made.content
    tested = door.post(f"/targets/{made.body['id']}/test").body
    assert tested["health"] == "ok"
    assert "fits Snakepit" in tested["health_message"]
    assert tested["fingerprint"].keys() == {"prod.exs"}
    (configuration.place / "prod.exs").write_bytes(b"import Config\nconfig :snakepit, [\n")
    failing = door.post(f"/targets/{made.body['id']}/test").body
    assert failing["health"] == "failing"
    assert failing["health_message"].startswith("prod.exs:")
