"""Canonical texts of values as SQLite holds them: PostgreSQL's own output, made in Python. `canonical.py` is the door.

Each module turns a text or a number into the canonical text of one family, or raises `NoSuchValue`.
"""
