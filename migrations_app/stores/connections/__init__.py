"""Connections to SQL databases, and the engine's errors for what their drivers raise."""
