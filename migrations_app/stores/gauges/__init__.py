"""How busy a store is: `open_gauge` connects read-only, with patience for two seconds, and asks little."""

from migrations_app.stores.gauges.opening import open_gauge

__all__ = ["open_gauge"]
