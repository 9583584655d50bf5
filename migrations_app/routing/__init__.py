"""The session router for a user's own services: importable with the base dependencies, without Django."""
