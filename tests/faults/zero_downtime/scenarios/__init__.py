"""The faults, by what they happen to. Importing this package registers all of them."""

from tests.faults.zero_downtime.scenarios import plain

__all__ = ["plain"]
