import pytest

from migrations_app.models import ClaimedTarget, Run
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.targets import TargetFilters, address_of, list_targets, target_page, target_row
from migrations_app.services import targets
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_the_list_and_its_filters(stage, production_stage, viewer, outsider):
    assert [(t.environment, t.name) for t in list_targets(actor=viewer)] == [
        ("staging", "sessions-source"),
        ("staging", "sessions-target"),
        ("production", "sessions-source"),
        ("production", "sessions-target"),
    ]
    found = list_targets(actor=viewer, filters=TargetFilters(environment="staging", q="source", kind="session_store"))
    assert [t.id for t in found] == [stage.source_id]
    assert list_targets(actor=outsider) == ()


def test_health_is_what_the_last_look_found(stage, operator, viewer, now):
    assert target_row(actor=viewer, target_id=stage.source_id).health == "unknown"

    targets.test(actor=operator, now=now, target_id=stage.source_id)

    row = target_row(actor=viewer, target_id=stage.source_id)
    assert (row.health, row.probed_at) == ("ok", now)
    assert dict(target_page(actor=viewer, target_id=stage.source_id).facts)["sessions"] == "20"


def test_the_page_names_secrets_and_users_and_what_one_may(stage, admin, operator, viewer, now):
    migration = stage.planned()
    targets.edit(actor=admin, now=now, target_id=stage.source_id, version=1, secrets={"password": "hunter2"})

    page = target_page(actor=operator, target_id=stage.source_id)

    assert page.secret_names == ("password",)
    assert "hunter2" not in repr(page)
    assert page.migrations == ((migration.pk, "Move sessions", "planned"),)
    assert (page.can_edit, page.can_test) == (False, True)
    assert page.why_not_edit == "only admins of staging change its targets"
    assert not target_page(actor=viewer, target_id=stage.source_id).can_test
    assert target_page(actor=admin, target_id=stage.source_id).can_edit


def test_a_target_in_use_says_by_what(stage, admin, people, now):
    migration = stage.planned()
    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        started_by=people["operator"],
        created_at=now,
    )
    ClaimedTarget.objects.create(run=run, target_id=stage.source_id, mode="exclusive")

    page = target_page(actor=admin, target_id=stage.source_id)

    assert (page.row.used_by_run, page.why_not_edit) == (run.pk, f"run {run.pk} uses it")


def test_archived_ones_are_shown_where_asked_for(stage, admin, viewer, now):
    targets.archive(actor=admin, now=now, target_id=stage.source_id, version=1)

    assert [t.id for t in list_targets(actor=viewer)] == [stage.target_id]
    assert len(list_targets(actor=viewer, filters=TargetFilters(archived=True))) == 2
    assert target_page(actor=admin, target_id=stage.source_id).why_not_edit == "it is archived"


def test_hidden_ones_are_not_found(stage, outsider, viewer):
    for actor, key in ((outsider, stage.source_id), (viewer, 404), (viewer, 10**20)):
        with pytest.raises(NotFound):
            target_row(actor=actor, target_id=key)


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({"store": "redis", "host": "r"}, "redis r:6379/0 session:*"),
        ({"store": "postgres", "host": "p", "port": 6000, "database": "d", "table": "t"}, "postgres p:6000/d t"),
        ({"store": "sqlite", "path": "/x"}, "sqlite /x"),
        ({"store": "snapshot", "path": "/x"}, "snapshot /x"),
        ({"store": "beam", "node": "snakepit@10.0.0.5"}, "beam snakepit@10.0.0.5"),
        ({"driver": "beam", "node": "snakepit@10.0.0.5", "pool": "gpu"}, "beam snakepit@10.0.0.5 pool gpu"),
        ({"engine": "postgres", "host": "p", "database": "d", "schemas": "a,b"}, "postgres p:5432/d a,b"),
        ({"engine": "sqlite", "path": "/x"}, "sqlite /x"),
        ({"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "m", "database": "d"}, "mysql+pymysql m/d"),
        ({}, ""),
    ],
)
def test_addresses_hold_no_credentials(config, address):
    assert address_of({**config, "username": "root", "password": "x"}) == address


def test_those_that_do_not_answer_can_be_listed_alone(stage, operator, viewer, now):
    targets.test(actor=operator, now=now, target_id=stage.source_id)

    def found(health):
        return [row.id for row in list_targets(actor=viewer, filters=TargetFilters(health=health))]

    assert found("ok") == [stage.source_id]
    assert found("unknown") == [stage.target_id]
    assert found("failing") == []


def test_only_who_manages_an_archived_target_may_bring_it_back(stage, admin, viewer, now):
    assert not target_page(actor=admin, target_id=stage.source_id).can_restore

    targets.archive(actor=admin, now=now, target_id=stage.source_id, version=1)

    assert target_page(actor=admin, target_id=stage.source_id).can_restore
    assert not target_page(actor=viewer, target_id=stage.source_id).can_restore
