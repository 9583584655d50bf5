"""A stored secret, and a plan that names it."""

from typing import Any

from migrations_app.models import Environment
from migrations_app.services import stored_secrets
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from tests.cast import NOW
from tests.stores_on_disk import Stage

VALUE = "correct horse battery staple"


def stored(admin: Actor, environment: Environment, **changes: Any) -> int:
    wish = {"name": "wax", "secret": VALUE} | changes
    return stored_secrets.create(actor=admin, now=NOW, environment_id=environment.pk, **wish)


def sealed_draft(stage: Stage, **parameters: Any) -> MigrationDraft:
    """Of the custom type `SealedStamp`."""
    return MigrationDraft(
        title="Seal it",
        environment_id=stage.environment.pk,
        type="custom_migration",
        handler="sealed_stamp",
        targets={"target": stage.source_id},
        parameters={"text": "seen", "seal": "wax"} | parameters,
        options={"max_retries": 0},
    )
