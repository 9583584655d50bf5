from pathlib import Path

import pytest

from tests.handlers.adapter.places import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.lay()
    return made
