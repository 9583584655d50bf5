from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.deployment import Deployment


@pytest.fixture
def deployment(transactional_db: None, tmp_path: Path) -> Iterator[Deployment]:
    """Real processes, ended before the control database is emptied."""
    with Deployment(tmp_path) as running:
        yield running
