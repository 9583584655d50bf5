import pytest

from migrations_app.services import drafts
from migrations_app.services.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_defaults_and_the_policys_floor_fill_the_rest(stage):
    checked = drafts.check(stage.draft(options={"backup_retention": 30}), stage.environment)

    assert checked.options == {"backup_retention": 30}
    assert checked.effective_options["backup_retention"] == 30
    assert checked.effective_options["validation_level"] == "full"
    assert checked.effective_parameters["catch_up_passes"] == 3
    assert checked.handler.name == "session"


def test_the_content_is_the_same_however_it_is_written(stage):
    plain = drafts.check(stage.draft(), stage.environment)
    spelled = drafts.check(
        stage.draft(
            title="Another title",
            handler="session",
            options={"batch_size": "10", "parallel_workers": 1, "auto_rollback": True},
        ),
        stage.environment,
    )
    other = drafts.check(stage.draft(description="why"), stage.environment)

    assert plain.content_digest == spelled.content_digest != other.content_digest


def test_an_installation_may_ask_for_more(stage, settings):
    settings.SNAKEWEB_MIGRATION = {"validation_level": "strict"}

    with pytest.raises(InvalidInput, match="looser than the policy"):
        drafts.check(stage.draft(options={"validation_level": "full"}), stage.environment)


def test_what_is_stored_reads_back_as_the_same_draft(stage):
    migration = stage.migration(description="why")

    assert drafts.draft_of(migration) == stage.draft(description="why", handler="session")
    assert drafts.draft_of(migration, title="Copy").title == "Copy"
