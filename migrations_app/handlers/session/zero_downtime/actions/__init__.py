"""The steps of a zero-downtime session migration: one module a step."""
