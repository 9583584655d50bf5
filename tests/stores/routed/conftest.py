import pytest

# The contract is not in files that pytest looks for tests in; its asserts should explain themselves all the same.
for kind in ("client", "journal", "replica", "fence", "sql"):
    pytest.register_assert_rewrite(f"tests.stores.routed.{kind}_contract")
