from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.selectors.configuration_history import Moment, configuration_history
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import runs
from tests.configurations_on_disk import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def seen(configuration, actor=None):
    history = configuration_history(actor=actor or configuration.operator, target_id=configuration.target_id)
    return [(version.number, version.moment, version.snakepit) for version in history.versions]


def test_a_configuration_that_no_run_touched_has_no_versions(configuration):
    assert seen(configuration) == []


def test_what_a_run_found_and_wrote_are_versions(configuration, people):
    migration_id = configuration.planned()
    run = configuration.run(migration_id)

    history = configuration_history(actor=configuration.operator, target_id=configuration.target_id)

    assert seen(configuration) == [(2, Moment.WRITTEN, "0.13.0"), (1, Moment.FOUND, "0.8.8")]
    newest, oldest = history.versions
    assert (newest.by, newest.run_id, newest.migration_id) == (str(people["operator"]), run.pk, migration_id)
    assert (oldest.by, oldest.files) == ("", ("config.exs", "dev.exs", "prod.exs", "test.exs"))


def test_what_was_given_back_is_a_version_with_the_bytes_of_the_first(configuration):
    migration_id = configuration.planned()
    configuration.run(migration_id)
    configuration.roll_back(migration_id)

    history = configuration_history(actor=configuration.operator, target_id=configuration.target_id)

    assert [version.moment for version in history.versions] == [Moment.GIVEN_BACK, Moment.WRITTEN, Moment.FOUND]
    assert (history.versions[0].same_as, history.versions[0].fingerprint) == (1, history.versions[2].fingerprint)


def test_what_the_next_run_finds_is_a_version_only_when_somebody_changed_it(configuration):
    configuration.run(configuration.planned())
    first = configuration.contents["config.exs"]
    back = configuration_history(actor=configuration.operator, target_id=configuration.target_id).versions[-1]
    configuration.run(configuration.planned("Back", restore=back.fingerprint))
    assert [moment for _, moment, _ in seen(configuration)] == [Moment.WRITTEN, Moment.WRITTEN, Moment.FOUND]

    (configuration.place / "prod.exs").write_bytes(b"import Config\n")
    configuration.run(configuration.planned("Again"))

    assert [moment for _, moment, _ in seen(configuration)][:2] == [Moment.WRITTEN, Moment.FOUND]
    assert configuration.contents["config.exs"] == first


def test_a_dry_run_is_no_part_of_it(configuration, now):
    runs.validate_migration(actor=configuration.operator, now=datetime.now(UTC), migration_id=configuration.planned())
    work()

    assert seen(configuration) == []


def test_who_may_not_author_sees_it_and_hears_why_not(configuration, viewer, outsider):
    configuration.run(configuration.planned())

    history = configuration_history(actor=viewer, target_id=configuration.target_id)

    assert not history.can_restore
    assert "operators" in history.why_not_restore
    with pytest.raises(NotFound):
        configuration_history(actor=outsider, target_id=configuration.target_id)


def test_another_kind_of_target_has_no_versions(stage, operator):
    with pytest.raises(NotFound, match="no configuration"):
        configuration_history(actor=operator, target_id=stage.source_id)


def test_more_versions_take_no_more_queries(configuration):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            configuration_history(actor=configuration.operator, target_id=configuration.target_id)
        return len(caught)

    configuration.run(configuration.planned())
    few = queries()
    oldest = configuration_history(actor=configuration.operator, target_id=configuration.target_id).versions[-1]
    configuration.run(configuration.planned("Back", restore=oldest.fingerprint))

    assert queries() == few
