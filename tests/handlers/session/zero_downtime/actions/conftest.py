import pytest

from tests.handlers.session.zero_downtime.actions.stage import Stage
from tests.handlers.session.zero_downtime.moves import ZeroMove


@pytest.fixture
def stage(idle: ZeroMove) -> Stage:
    return Stage(idle)
