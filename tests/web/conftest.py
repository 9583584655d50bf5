import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nobody_has_tried_to_sign_in_yet() -> None:
    """How often an address may try is counted in the cache, which outlives a test."""
    cache.clear()
