from pathlib import Path

import pytest

from migrations_app.models import Environment
from migrations_app.services.actor import Actor
from tests.api.stage import Stage, stage


@pytest.fixture
def here(tmp_path: Path, operator: Actor, admin: Actor, dev: Environment) -> Stage:
    """In dev, where no signature is asked for."""
    return stage(tmp_path, operator, admin, dev)
