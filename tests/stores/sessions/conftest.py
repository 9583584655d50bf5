import pytest

# The contract is not in files that pytest looks for tests in; its asserts should explain themselves all the same.
for kind in ("reading", "writing", "guarding"):
    pytest.register_assert_rewrite(f"tests.stores.sessions.{kind}_contract")
