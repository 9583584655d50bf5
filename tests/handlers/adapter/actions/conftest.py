from collections.abc import Iterator

import pytest

from migrations_app.sandbox import why_not
from tests.handlers.adapter.places import Shop


@pytest.fixture
def proven(shop: Shop) -> Shop:
    """Both adapters are run side by side, on few cases."""
    shop.parameters = {"equivalence": "required", "cases": 10}
    return shop


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without bubblewrap."""
    monkeypatch.setenv("PATH", "/nowhere")
    why_not.cache_clear()
    yield
    why_not.cache_clear()
