"""The faults, by what they happen to. Importing this package registers all of them."""

from tests.faults.zero_downtime.scenarios import clients, contents, control, deadlines, drivers, plain, soak, stores

__all__ = ["clients", "contents", "control", "deadlines", "drivers", "plain", "soak", "stores"]
