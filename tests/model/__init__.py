"""An explicit-state model of the zero-downtime protocol as built; see docs/model.md."""
