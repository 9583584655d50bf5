import pytest

from migrations_app.models import AuditEntry, ClaimedTarget, Run, SealedSecret, Target
from migrations_app.runtime import secrets as vault
from migrations_app.services import targets
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleEdit
from tests.parallel import at_once, exceptions
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db

POOL = {"driver": "beam", "node": "snakepit@10.0.0.5", "pool": "gpu"}
REDIS = {"store": "redis", "host": "redis.example.org", "port": 6380}


def create(actor, environment, now, **given):
    values = {"name": "sessions", "kind": "session_store", "config": REDIS, **given}
    return targets.create(actor=actor, now=now, environment_id=environment.pk, **values)


def test_an_admin_makes_a_target_and_its_credentials_are_sealed(admin, staging, now):
    made = create(admin, staging, now, secrets={"password": "hunter2 hunter2"})

    assert Target.objects.get(pk=made).config == REDIS
    assert b"hunter2" not in bytes(SealedSecret.objects.get().sealed)
    assert vault.reveal_all(made) == {"password": "hunter2 hunter2"}
    body = bytes(AuditEntry.objects.get(action="target.create").body)
    assert b"hunter2" not in body
    assert b'"entered":["password"]' in body


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Sessions!"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"kind": "mailbox"}, "kind"),
        ({"kind": "database"}, "config.engine"),
        ({"kind": "database", "config": {"engine": "postgres"}}, "config.database"),
        ({"kind": "worker_pool"}, "config.driver"),
        ({"kind": "worker_pool", "config": {"driver": "beam", "node": "snakepit"}}, "config.node"),
        ({"kind": "worker_pool", "config": {**POOL, "store": "beam"}}, "config.store"),
        ({"kind": "worker_pool", "config": {"driver": "http", "url": "pool.example"}}, "config.url"),
        ({"kind": "worker_pool", "config": {"driver": "process", "path": "/etc/control.sock"}}, "config.path"),
        ({"kind": None}, "kind"),
        ({"config": {}}, "config.store"),
        ({"config": "redis://"}, "config"),
        ({"config": {"store": "redis"}}, "config.host"),
        ({"config": {**REDIS, "port": 0}}, "config.port"),
        ({"config": {**REDIS, "password": "x"}}, "config.password"),
        ({"secrets": {"pasword": "x"}}, "secrets.pasword"),
        ({"secrets": {"password": 5}}, "secrets.password"),
        ({"secrets": {"password": "x" * 5000}}, "secrets.password"),
        ({"secrets": "x"}, "secrets"),
    ],
)
def test_bad_input_names_field_and_fix_and_saves_nothing(admin, staging, now, given, field):
    with pytest.raises(InvalidInput) as refused:
        create(admin, staging, now, **given)

    assert field in [problem.field for problem in refused.value.problems]
    assert all(problem.fix for problem in refused.value.problems)
    assert not Target.objects.exists()


def test_a_worker_pool_is_a_target_too_and_stays_one(admin, staging, now):
    made = create(admin, staging, now, kind="worker_pool", config=POOL, secrets={"password": "cookie"})

    row = Target.objects.get(pk=made)
    assert (row.kind, row.config) == ("worker_pool", POOL)
    with pytest.raises(InvalidInput) as refused:
        targets.edit(actor=admin, now=now, target_id=made, version=1, config=REDIS)
    assert "config.driver" in [problem.field for problem in refused.value.problems]
    assert targets.edit(actor=admin, now=now, target_id=made, version=1, config={**POOL, "pool": "cpu"}) == 2


def test_a_name_is_taken_once_in_an_environment(admin, staging, production, now):
    create(admin, staging, now)
    create(admin, production, now)

    with pytest.raises(InvalidInput) as refused:
        create(admin, staging, now)
    assert {problem.code for problem in refused.value.problems} == {"taken", "guarded_elsewhere"}


@pytest.mark.parametrize("name", ["operator", "approver", "auditor", "viewer"])
def test_only_admins_make_targets(cast, staging, now, name):
    with pytest.raises(PermissionDenied):
        create(cast.actors[name], staging, now)

    assert AuditEntry.objects.get().outcome == "denied"


def test_an_unknown_environment_is_not_found(admin, now):
    with pytest.raises(NotFound):
        targets.create(actor=admin, now=now, environment_id=404, name="sessions", kind="session_store", config=REDIS)


def edit(stage, admin, version=1, **changes):
    return targets.edit(actor=admin, now=stage.now, target_id=stage.target_id, version=version, **changes)


def test_credentials_are_kept_replaced_and_removed(stage, admin):
    assert edit(stage, admin, secrets={"password": "first"}) == 2
    assert edit(stage, admin, version=2, secrets={"password": ""}) == 2
    assert vault.reveal_all(stage.target_id) == {"password": "first"}
    assert edit(stage, admin, version=2, secrets={"password": "second"}) == 3
    assert vault.reveal_all(stage.target_id) == {"password": "second"}
    assert edit(stage, admin, version=3, secrets={"password": None}) == 4
    assert vault.reveal_all(stage.target_id) == {}


def test_the_same_configuration_again_changes_nothing(stage, admin):
    config = Target.objects.get(pk=stage.target_id).config

    assert edit(stage, admin, config=config) == 1


def test_an_old_version_is_refused(stage, admin):
    edit(stage, admin, secrets={"password": "x"})

    with pytest.raises(StaleEdit) as refused:
        edit(stage, admin, secrets={"password": "y"})

    assert refused.value.details == {"version": 2}


def test_a_target_in_use_is_left_alone(stage, admin, people, now):
    migration = stage.planned()
    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        started_by=people["operator"],
        created_at=now,
    )
    ClaimedTarget.objects.create(run=run, target_id=stage.target_id, mode="exclusive")

    for attempt in (
        lambda: edit(stage, admin, config=REDIS),
        lambda: targets.archive(actor=admin, now=now, target_id=stage.target_id, version=1),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.reason == "target_in_use"
    assert Target.objects.get(pk=stage.target_id).version == 1


def test_archiving_waits_for_open_migrations(stage, admin, now):
    with_user = stage.migration()
    archive = {"actor": admin, "now": now, "target_id": stage.target_id, "version": 1}

    with pytest.raises(Conflict, match="is used by"):
        targets.archive(**archive)

    with_user.delete()
    targets.archive(**archive)
    assert Target.objects.get(pk=stage.target_id).archived_at == now
    with pytest.raises(Conflict, match="is archived"):
        edit(stage, admin, version=2, config=REDIS)
    with pytest.raises(InvalidInput, match="is archived"):
        stage.migration()


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_two_edits_at_once_one_wins(stage, admin):
    outcomes = at_once(
        lambda: edit(stage, admin, config=REDIS),
        lambda: edit(stage, admin, config={**REDIS, "port": 7000}),
    )

    assert [type(error) for error in exceptions(outcomes)] == [StaleEdit]
    assert Target.objects.get(pk=stage.target_id).version == 2


def test_archiving_is_taken_back_once(admin, operator, staging, now):
    made = create(admin, staging, now)
    targets.archive(actor=admin, now=now, target_id=made, version=1)

    with pytest.raises(PermissionDenied):
        targets.restore(actor=operator, now=now, target_id=made)
    targets.restore(actor=admin, now=now, target_id=made)

    row = Target.objects.get(pk=made)
    assert (row.archived_at, row.version) == (None, 3)
    assert AuditEntry.objects.filter(action="target.restore", outcome="allowed").count() == 1
    with pytest.raises(Conflict, match="is not archived"):
        targets.restore(actor=admin, now=now, target_id=made)
