"""The process environment, as far as a router or the gateway is configured by it: secrets that no file should hold."""

import os


def variable(name: str) -> str | None:
    return os.environ.get(name)


def with_variable(name: str, value: str) -> dict[str, str]:
    """The environment of a program that this process becomes."""
    return {**os.environ, name: value}
