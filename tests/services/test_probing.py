from pathlib import Path

import pytest

from migrations_app.models import AuditEntry, Target, TargetProbe
from migrations_app.services import targets
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.testing.beam import COOKIE
from tests.pools.process_pool import TOKEN
from tests.stores.sessions.place import wait_until
from tests.stores_on_disk import target

pytestmark = pytest.mark.django_db


def test_a_target_that_answers_is_healthy(stage, operator, now):
    found = targets.test(actor=operator, now=now, target_id=stage.source_id)

    assert found.ok
    assert "20 sessions" in found.message
    probe = TargetProbe.objects.get(target_id=stage.source_id)
    assert (probe.ok, probe.facts["sessions"], probe.fingerprint["size"]) == (True, 20, 20)
    assert AuditEntry.objects.get(action="target.test").outcome == "allowed"


def test_one_that_does_not_answer_is_an_outcome_that_says_why(stage, operator, now):
    Path(target(stage.source_id).config["path"]).write_bytes(b"this is no database" * 100)

    found = targets.test(actor=operator, now=now, target_id=stage.source_id)

    assert not found.ok
    assert found.message
    assert TargetProbe.objects.get(target_id=stage.source_id).ok is False
    assert AuditEntry.objects.get(action="target.test").outcome == "failed"


def test_an_unreachable_host_does_not_betray_the_password(stage, admin, operator, now):
    made = targets.create(
        actor=admin,
        now=now,
        environment_id=stage.environment.pk,
        name="nobody-there",
        kind="session_store",
        config={"store": "redis", "host": "127.0.0.1", "port": 1},
        secrets={"password": "hunter2 hunter2"},
    )

    found = targets.test(actor=operator, now=now, target_id=made)

    assert not found.ok
    assert "hunter2" not in found.message
    assert Target.objects.get(pk=made).last_probe.message == found.message


def pool_target(admin, stage, now, config, cookie=COOKIE):
    return targets.create(
        actor=admin,
        now=now,
        environment_id=stage.environment.pk,
        name="workers",
        kind="worker_pool",
        config=config,
        secrets={"password": cookie},
    )


def test_a_worker_pool_shows_its_statistics(stage, admin, operator, now, beam_node):
    config = beam_node.start_pool(server="probed_pool", pools={"gpu": 3}, refill_ms=0)
    made = pool_target(admin, stage, now, config)
    wait_until(lambda: targets.test(actor=operator, now=now, target_id=made).facts.get("serving") == 3)

    found = targets.test(actor=operator, now=now, target_id=made)

    assert found.ok
    assert "3 of 3 workers take requests, 0 of them have one" in found.message
    statistics = ("workers", "available", "busy", "queued", "requests", "errors", "queue_timeouts", "pool_saturated")
    assert [found.facts[name] for name in statistics] == [3, 3, 0, 0, 0, 0, 0, 0]
    assert (found.facts["size"], found.facts["ghosts"], found.facts["holds_workers"]) == (3, 0, True)
    assert set(found.fingerprint) == {"version", "workers"}
    assert found.fingerprint["workers"] == 3
    beam_node.evaluate("snakeweb_fixture_pool:stop(probed_pool)")


def test_a_pool_of_processes_shows_what_it_runs(stage, admin, operator, now, start_processes):
    pool = start_processes(workers=2, most=3)
    made = pool_target(admin, stage, now, pool.http_config, TOKEN)

    found = targets.test(actor=operator, now=now, target_id=made)

    assert found.ok
    assert "2 of 2 workers take requests" in found.message
    assert (found.facts["size"], found.facts["serving"], found.facts["room"]) == (2, 2, 3)
    assert (found.facts["version"], found.facts["generation"], found.facts["pool"]) == ("1.0.0", "1", "embeddings")
    assert found.fingerprint == {"version": "1.0.0", "workers": 2}

    pool.kill()
    found = targets.test(actor=operator, now=now, target_id=made)
    assert not found.ok
    assert "does not answer" in found.message
    assert TOKEN not in found.message


@pytest.mark.parametrize(
    ("change", "cookie", "said"),
    [
        ({"pool": "no_such_pool"}, COOKIE, "no worker pool named no_such_pool"),
        ({"server": "nobody"}, COOKIE, "no worker-pool server nobody"),
        ({}, "hunter2-cookie", "most likely the cookie is not its own"),
    ],
)
def test_a_worker_pool_that_is_none_says_why(stage, admin, operator, now, beam_node, change, cookie, said):
    config = beam_node.start_pool(server="another_pool", pools={"gpu": 1}, refill_ms=0)
    made = pool_target(admin, stage, now, {**config, **change}, cookie)

    found = targets.test(actor=operator, now=now, target_id=made)

    assert not found.ok
    assert said in found.message
    assert "hunter2" not in found.message
    beam_node.evaluate("snakeweb_fixture_pool:stop(another_pool)")


def test_looking_needs_a_role(stage, viewer, approver, outsider, now):
    for actor in (viewer, approver):
        with pytest.raises(PermissionDenied):
            targets.test(actor=actor, now=now, target_id=stage.source_id)
    with pytest.raises(NotFound):
        targets.test(actor=outsider, now=now, target_id=stage.source_id)

    assert AuditEntry.objects.filter(action="target.test", outcome="denied").count() == 3
    assert not TargetProbe.objects.exists()


@pytest.mark.servers
def test_a_database_says_what_tables_it_has(stage, admin, operator, now, postgres_server):
    postgres_server.sql("DROP SCHEMA IF EXISTS probed CASCADE; CREATE SCHEMA probed; CREATE TABLE probed.t (id int)")
    config = postgres_server.config(schemas="probed")
    del config["store"]
    made = targets.create(
        actor=admin,
        now=now,
        environment_id=stage.environment.pk,
        name="shop",
        kind="database",
        config={"engine": "postgres", **config},
        secrets=postgres_server.secrets,
    )

    found = targets.test(actor=operator, now=now, target_id=made)
    postgres_server.sql("ALTER TABLE probed.t ADD COLUMN a text")
    later = targets.test(actor=operator, now=now, target_id=made)
    postgres_server.sql("DROP SCHEMA probed CASCADE")
    gone = targets.test(actor=operator, now=now, target_id=made)

    assert found.ok
    assert "it has 1 table with about 0 rows" in found.message
    assert (found.facts["tables"], found.facts["schemas"], found.facts["writable"]) == (1, "probed", True)
    assert set(found.fingerprint) == {"identity", "version", "encoding", "tables", "schema"}
    assert {name for name in found.fingerprint if found.fingerprint[name] != later.fingerprint[name]} == {"schema"}
    assert (gone.ok, gone.message) == (False, "There is no schema “probed”.")


def test_a_file_of_tables_is_looked_at_without_being_made(stage, admin, operator, now, settings, tmp_path):
    settings.SNAKEWEB_FILE_ROOTS = (tmp_path,)
    config = {"engine": "sqlite", "path": str(tmp_path / "new.db")}
    made = targets.create(
        actor=admin, now=now, environment_id=stage.environment.pk, name="file", kind="database", config=config
    )

    found = targets.test(actor=operator, now=now, target_id=made)

    assert (found.ok, found.facts["tables"], found.facts["exists"]) == (True, 0, "false")
    assert not (tmp_path / "new.db").exists()
