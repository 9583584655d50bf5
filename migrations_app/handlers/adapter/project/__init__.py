"""A project's Python code as it stands in a directory: read and parsed, never imported."""
